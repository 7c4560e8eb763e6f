"""What routing.yaml says of the admin side: who must say who they are, under which names, with which key.

Plain data with the defaults that hold unsaid; its address is `RoutingPlan.admin`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.routing.settings import Certificate

Auth = Literal["auto", "required", "open"]


@dataclass(frozen=True, slots=True)
class AdminSettings:
    """How the admin side is protected.

    `auth` "auto" asks nobody on loopback and everybody elsewhere. `hosts` are names, beside those of this
    machine, by which it may be called. `audit_key`, a file or a `${NAME}`, signs the audit trail.
    """

    auth: Auth = "auto"
    hosts: tuple[str, ...] = ()
    tls: Certificate | None = None
    audit_key: str = ""


USUAL_ADMIN = AdminSettings()
