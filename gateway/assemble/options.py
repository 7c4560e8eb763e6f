"""What `gateway up` was told, and what it tells once it is ready."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.routing.plan import RoutingPlan


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What `gateway up` was told; `listen` and `admin` are empty where routing.yaml decides.

    `without`: what the admin side may do without, see `gateway.control.access.listening`. `who` typed it.
    """

    config: Path
    state: Path
    listen: str = ""
    admin: str = ""
    workers: int = 0
    without: tuple[str, ...] = ()
    who: str = "cli"


@dataclass(frozen=True, slots=True)
class Running:
    """What `gateway up` has started, for the message that says so."""

    config: Path
    listen: str
    admin: str
    state: Path
    workers: int
    compiled: bool
    seconds: float
    plan: RoutingPlan
    not_ready: list[str]
