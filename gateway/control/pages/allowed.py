"""Why somebody may not do what a button does, so that the page says it before anybody presses."""

from __future__ import annotations

from gateway.control.access.roles import Principal, Role, refusal
from gateway.control.authors import spoken


def refused(principal: Principal | None, route: str | None, role: Role = "operator") -> str:
    """Return why somebody may not change a route, or (None) all of them; empty where they may."""
    if principal is None:
        return "nobody knows who you are"
    return spoken(refusal(principal, role, route, is_whole=True))
