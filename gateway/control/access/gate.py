"""Every door of the admin side, each with the role it needs: what has none cannot be built.

The table of operations and that of pages say who may; this is the one place that asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gateway.audit.event import attempt_now
from gateway.control.access.roles import Role, principal_of, refusal
from gateway.control.problems import Refusal

Handler = Callable[[Request], Awaitable[Response]]
LOGIN = "/login"


@dataclass(frozen=True, slots=True)
class Door:
    """What one method of one path needs. `role` None: anybody. `is_page`: people are sent to the login.

    `is_whole`: not for those who are limited to some routes, unless the path names one of theirs. `name` is
    what the audit trail calls it; empty: its method and path.
    """

    role: Role | None
    is_page: bool = False
    is_whole: bool = False
    name: str = ""


def gated(routes: Iterable[Route], doors: Mapping[tuple[str, str], Door]) -> list[Route]:
    """Return the routes, each behind its door; raises LookupError for a method and path that has none."""
    return [_gated(route, doors) for route in routes]


def _gated(route: Route, doors: Mapping[tuple[str, str], Door]) -> Route:
    methods = sorted((route.methods or set()) - {"HEAD"})
    missing = [f"{method} {route.path}" for method in methods if (method, route.path) not in doors]
    if missing:
        raise LookupError(f"nobody said who may call {', '.join(missing)}; see Operation.role and Page.role")
    found = {method: doors[method, route.path] for method in methods}
    if "GET" in found:
        found["HEAD"] = found["GET"]
    handler: Handler = route.endpoint

    async def behind_door(request: Request) -> Response:
        door = found[request.method]
        _tell_audit(request, door)
        turned_away = _turned_away(request, door)
        return await handler(request) if turned_away is None else turned_away

    return Route(route.path, behind_door, methods=methods, name=route.name)


def _tell_audit(request: Request, door: Door) -> None:
    attempt = attempt_now()
    if attempt is not None:
        attempt.what = door.name or attempt.what
        attempt.route = request.path_params.get("name", "")
        attempt.is_change = request.method not in ("GET", "HEAD") and door.role in ("operator", "admin")


def _turned_away(request: Request, door: Door) -> Response | None:
    """Return the way to the login for people, None where the request may pass; raises Refusal."""
    if door.role is None:
        return None
    principal = principal_of(request.scope)
    if principal is None:
        if door.is_page and request.method == "GET":
            return RedirectResponse(LOGIN, 303)
        raise Refusal(
            401,
            "say who you are: send authorization: Bearer <token>; `gateway token create` makes one",
            {"www-authenticate": 'Bearer realm="gateway"'},
        )
    is_change = request.method not in ("GET", "HEAD")
    why = refusal(principal, door.role, request.path_params.get("name"), is_whole=door.is_whole or is_change)
    if why:
        raise Refusal(403, f"{why}; ask an admin for a token that may")
    return None
