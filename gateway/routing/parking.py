"""Services whose replicas need not run: no route sends them anything, and nobody may want them back at once.

A service is parked some time after a promotion has replaced it. Whatever gives it traffic again, by weight,
as stable or by an override, takes it out of the park in the same revision.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.routing.plan import RoutingPlan


def without_those_in_use(plan: RoutingPlan) -> RoutingPlan:
    """Return the plan with nobody parked whom a route needs."""
    if not plan.parked:
        return plan
    used = set(_used(plan))
    return replace(plan, parked=tuple(name for name in plan.parked if name not in used))


def park(plan: RoutingPlan, service: str) -> RoutingPlan:
    """Return the plan with a service parked, where no route needs it."""
    return without_those_in_use(replace(plan, parked=(*unpark(plan, service).parked, service)))


def unpark(plan: RoutingPlan, service: str) -> RoutingPlan:
    """Return the plan with a service's replicas running, whether or not it has traffic."""
    return replace(plan, parked=tuple(name for name in plan.parked if name != service))


def _used(plan: RoutingPlan) -> Iterator[str]:
    for route in plan.routes:
        yield route.stable
        yield from (name for name, units in route.weights if units)
        yield from (override.to for override in route.overrides)
        progress = route.progress
        if progress is not None:
            yield progress.previous
            if progress.is_active:
                yield progress.canary
