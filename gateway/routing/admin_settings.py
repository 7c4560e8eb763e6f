"""What routing.yaml says of the admin side: who must say who they are, under which names, with which key.

Plain data with the defaults that hold unsaid; its address is `RoutingPlan.admin`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.routing.settings import Certificate

Auth = Literal["auto", "required", "open"]


SCOPES = ("openid", "profile", "email")


@dataclass(frozen=True, slots=True)
class OidcRoles:
    """Which values of a claim of the ID token give which role; whoever has several gets the highest."""

    claim: str = "groups"
    admin: tuple[str, ...] = ()
    operator: tuple[str, ...] = ()
    viewer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An identity provider at which people log in to the dashboard, and what it knows us as.

    `client_secret` is a `${NAME}` or a file, never the secret; `url` is where browsers find the dashboard,
    without a slash at its end; `name_claim` empty: the e-mail address, else the subject.
    """

    issuer: str
    client_id: str
    client_secret: str
    url: str
    roles: OidcRoles = OidcRoles()
    name_claim: str = ""
    scopes: tuple[str, ...] = SCOPES


@dataclass(frozen=True, slots=True)
class AdminSettings:
    """How the admin side is protected.

    `auth` "auto" asks nobody on loopback and everybody elsewhere. `hosts` are names, beside those of this
    machine, by which it may be called. `audit_key`, a file or a `${NAME}`, signs the audit trail.
    `trusted_proxies` are networks whose X-Forwarded-For is believed.
    """

    auth: Auth = "auto"
    hosts: tuple[str, ...] = ()
    tls: Certificate | None = None
    audit_key: str = ""
    trusted_proxies: tuple[str, ...] = ()
    oidc: OidcSettings | None = None


USUAL_ADMIN = AdminSettings()
