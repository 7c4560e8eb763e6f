"""Which routes suffer from services that are out, and what becomes of their requests.

A worker decides the same for each request (`gateway.proxy.dispatch`): stable stands in for a version that
cannot answer, if the route says so and stable can.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.control.status.views import Views
from gateway.control.warnings.services import Verdict, verdicts
from gateway.routing.plan import Route, RoutingPlan

STABLE = "stable"
WHOLE = 99.9995
"""Percent from which on a share is everything: shares are multiples of 0.001 %."""


@dataclass(frozen=True, slots=True)
class RouteHealth:
    """What a route suffers: percent of its requests that get 503, and that another version answers."""

    name: str
    failing: float
    moved: float
    text: str

    @property
    def is_out(self) -> bool:
        """Whether every request of it gets 503."""
        return self.failing > WHOLE


def route_warnings(plan: RoutingPlan, views: Views) -> list[str]:
    """Return a sentence for each route that suffers, worst first."""
    found = suffering(plan, views)
    return [f"route {health.name}: {health.text}" for health in found]


def suffering(plan: RoutingPlan, views: Views) -> list[RouteHealth]:
    """Return the routes that suffer, worst first."""
    judged = verdicts(plan, views)
    found = [health for route in plan.routes if (health := of_route(route, judged))]
    return sorted(found, key=lambda health: (-health.failing, -health.moved))


def of_route(route: Route, judged: Mapping[str, Verdict]) -> RouteHealth | None:
    """Return what a route suffers, or None."""
    shares = {name: route.share(name) for name, units in route.weights if units}
    out = [name for name in shares if name in judged and judged[name].is_out]
    partly = [name for name in shares if name in judged and judged[name].out and name not in out]
    if not out and not partly:
        return None
    lost = sum(shares[name] for name in out)
    instead = stands_in(route, judged)
    parts = []
    if out and not instead:
        parts.append(_failing(out, lost, judged))
    elif out:
        parts += [f"{_why(name, judged)}, its {shares[name]:g} % go to {instead}" for name in out]
    parts += [_partly(name, shares[name], judged[name], instead, route) for name in partly]
    failing, moved = (0.0, lost) if instead else (lost, 0.0)
    return RouteHealth(route.name, failing, moved, "; ".join(parts))


def stands_in(route: Route, judged: Mapping[str, Verdict]) -> str:
    """Return who answers instead of a version that is out, or an empty string where that is 503."""
    stable = judged.get(route.stable)
    falls_back = route.failing.on_unavailable == STABLE
    return route.stable if falls_back and not (stable and stable.is_out) else ""


def _failing(out: list[str], lost: float, judged: Mapping[str, Verdict]) -> str:
    many = "every request gets 503" if lost > WHOLE else f"{lost:g} % of the requests get 503"
    if all(judged[name].without for name in out):
        verb = "has" if len(out) == 1 else "have"
        return f"{many} ({_listed(out)} {verb} no replica)"
    return f"{many} ({_listed([f'{name} {judged[name].why}' for name in out])})"


def _why(name: str, judged: Mapping[str, Verdict]) -> str:
    return f"{name} is down" if judged[name].without else f"{name} is at rest (breaker open)"


def _partly(name: str, share: float, found: Verdict, instead: str, route: Route) -> str:
    then = f"goes to {instead}" if instead and name != route.stable else "gets 503"
    return f"{name} is out for {found.out} of {found.workers} workers, as much of its {share:g} % {then}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
