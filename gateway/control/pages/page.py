"""One page of the dashboard, as data: where it is, who may see it, who makes it."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.control.access.gate import Handler
from gateway.control.access.roles import Role


@dataclass(frozen=True, slots=True)
class Page:
    """A path of the dashboard. `role` None: anybody; `is_whole` as in `gateway.control.access.gate.Door`."""

    path: str
    handler: Handler
    role: Role | None = "viewer"
    is_whole: bool = False
    methods: tuple[str, ...] = ("GET",)
