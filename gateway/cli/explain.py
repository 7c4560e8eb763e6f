"""What `gateway explain` says: the same steps that a worker takes, in words."""

from __future__ import annotations

from typing import Any

from gateway.cli.common import WrongUsage
from gateway.errors import GatewayError
from gateway.http.strict import Refused, request_line
from gateway.routing.match import longest_prefix
from gateway.routing.plan import Route, RoutingPlan, percent
from gateway.routing.split import explain


def explained(plan: RoutingPlan, path: str, headers: list[str], ip: str) -> dict[str, Any]:
    """Return the route, the service and why; the shares where the request's own draw decides."""
    given = dict(_header(word) for word in headers)
    route = _route(plan, path)
    choice = explain(route, given, ip)
    shares = {name: percent(units) for name, units in route.weights if units}
    return {
        "revision": plan.revision,
        "route": route.name,
        "path": route.path,
        "service": choice.service if choice else None,
        "reason": choice.reason if choice else "draw",
        "rule": choice.rule if choice else _undecided(route),
        "shares": shares,
        "stable": route.stable,
        "instead": _instead(route, choice.service) if choice else "",
    }


def _instead(route: Route, service: str) -> str:
    falls_back = route.failing.on_unavailable == "stable" and service != route.stable
    return route.stable if falls_back else ""


def _undecided(route: Route) -> str:
    if route.sticky is not None and route.sticky.kind == "cookie":
        return f"drawn once, then pinned by the cookie {route.sticky.name} that the answer sets"
    return ""


def _header(word: str) -> tuple[str, str]:
    name, sign, value = word.partition("=")
    if not sign:
        raise WrongUsage(f"{word}: write a header as NAME=VALUE, as in x-user-id=42")
    try:
        word.encode("latin-1")
    except UnicodeEncodeError as error:
        raise WrongUsage(f"{word}: a header can carry Latin-1 text only") from error
    return name.strip().lower(), value.strip(" \t")


def _route(plan: RoutingPlan, path: str) -> Route:
    try:
        line = request_line(b"GET %b HTTP/1.1" % path.encode())
    except Refused as refused:
        raise GatewayError(f"{path} would be refused with {refused.status}: {refused.detail}") from refused
    found = longest_prefix({route.path.encode(): route for route in plan.routes}, line.path)
    if found is None:
        paths = ", ".join(route.path for route in plan.routes[:20])
        raise GatewayError(f"no route matches {path}, so it gets 404; the routes begin at {paths}")
    return found


def in_words(found: dict[str, Any]) -> str:
    """Return the explanation as a sentence or two."""
    where = f"route {found['route']} ({found['path']}), revision {found['revision']}"
    shares = ", ".join(f"{name} {share:g} %" for name, share in found["shares"].items())
    because = {
        "override": f"the override `{found['rule']}` says so",
        "sticky": f"the sticky key {found['rule']} falls to it ({shares})",
        "weights": found["rule"],
        "draw": f"{found['rule'] or 'drawn anew for each request'}: {shares}",
    }[found["reason"]]
    if found["service"] is None:
        health = found.get("health")
        return f"{where}: {because}{_told(health) if health else ''}"
    verb = "would answer" if _is_out(found) else "answers"
    return f"{found['service']} {verb}, because {because}: {where}.\n{_fallback(found)}"


def _is_out(found: dict[str, Any]) -> bool:
    health = found.get("health")
    return health is not None and health["out"] == health["workers"]


def _fallback(found: dict[str, Any]) -> str:
    """Say who answers instead should the version be down, and what the workers see of it now."""
    instead = f"{found['instead']} answers" if found["instead"] else "the answer is 503"
    health = found.get("health")
    if not health:
        return f"Should it be down, {instead}."
    if not health["out"]:
        return f"It can be reached now. Should it be down, {instead}.{_told(health)}"
    now = f"{health['instead']} answers" if health["instead"] else "the answer is 503"
    if _is_out(found):
        return f"It is out now, so {now}.{_told(health)}"
    return f"It is out for {health['out']} of {health['workers']} workers now, where {now}.{_told(health)}"


def _told(health: dict[str, Any]) -> str:
    return f"\n{health['warning']}" if health["warning"] else ""
