"""What keeps a version from being rolled out at this moment, in sentences."""

from __future__ import annotations

from gateway.control.status.observation import beating
from gateway.control.status.views import read_views
from gateway.control.warnings.services import of_service, panic_percent, verdict
from gateway.routing.places import Places
from gateway.routing.plan import UNITS, Route, RoutingPlan, shortest_percent
from gateway.routing.rollouts import Step


def would_move_back(route: Route, canary: str, steps: tuple[Step, ...]) -> str:
    """Return why these steps would take users from a canary that has some already, or an empty string."""
    has, first = dict(route.weights).get(canary, 0), steps[0].weight
    if canary == route.stable or has <= first:
        return ""
    above = next((step.weight for step in steps if has < step.weight < UNITS), has)
    named = f"{shortest_percent(above)},100"
    other = f"name steps above it, as in --steps {named}, or " if above < UNITS else ""
    return (
        f"{canary} has {shortest_percent(has)} % already and the first step gives it "
        f"{shortest_percent(first)} %: its users would move back; {other}"
        f"gateway set-weight {canary}=0 --route {route.name} first"
    )


def why_not_ready(places: Places, plan: RoutingPlan, canary: str) -> str:
    """Return why a canary cannot answer everywhere, or an empty string.

    It is judged by what live workers told of it. Where none did, nothing is known against it.
    """
    if canary in plan.parked:
        return f"its replicas rest; `gateway switch {canary} --steps 5,25,50` starts and tries them first"
    seen = read_views(places, beating(places)).services
    for service in seen:
        found = verdict(service, panic_percent(plan, canary))
        if service.name == canary and (found.out or found.panic):
            return of_service(service, panic_percent(plan, canary))
    return ""
