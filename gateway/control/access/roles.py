"""Who asks, and what they may do: three roles, each with all that the one before has.

A principal may be scoped to routes. Then it changes those alone, never all of them at once, and sees no
single requests, which belong to routes it may not know of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Role = Literal["viewer", "operator", "admin"]
ROLES: Final[tuple[Role, ...]] = ("viewer", "operator", "admin")
"""Each may do what those before it may."""
Kind = Literal["open", "socket", "token", "session"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: `name` as it is written into history, `routes` the only ones it may touch (None: all).

    `id` is the number of its token or session, empty where it has none; `granted` is what an identity
    provider said for the role, as `oidc_person.still_grants` reads it.
    """

    name: str
    role: Role
    kind: Kind
    routes: frozenset[str] | None = None
    id: str = ""
    granted: str = ""


def has(role: Role, needed: Role) -> bool:
    """Tell whether a role includes another."""
    return ROLES.index(role) >= ROLES.index(needed)


def refusal(principal: Principal, needed: Role, route: str | None, *, is_whole: bool) -> str:
    """Return why a principal may not do something, empty where it may.

    `route` is the one that is meant, None where none is named; `is_whole`: it is about all routes, or about
    single requests of any.
    """
    if not has(principal.role, needed):
        return f"{principal.name} has the role {principal.role}, and this needs {needed}"
    if principal.routes is None:
        return ""
    listed = ", ".join(sorted(principal.routes)) or "none"
    if route is not None and route not in principal.routes:
        return f"{principal.name} is limited to some routes ({listed}), and {route} is none of them"
    if route is None and is_whole:
        return f"{principal.name} is limited to some routes ({listed}), and this is about all of them"
    return ""


def principal_of(scope: Mapping[str, Any]) -> Principal | None:
    """Return who makes a request, None where nobody knows."""
    found: Principal | None = scope.get("principal")
    return found
