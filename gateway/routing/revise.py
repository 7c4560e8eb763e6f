"""The ways a plan can be changed, as functions from one plan to the next; `shares` has those of weights.

Nothing here knows who asks or when: the file, the command line, the API and later the rollout controller
all go through these, so that a change means the same wherever it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.errors import ChangeRefused
from gateway.routing.keyed import succeed_keyed
from gateway.routing.parking import without_those_in_use
from gateway.routing.plan import UNITS, Route, RoutingPlan, percent
from gateway.routing.rollout_states import after
from gateway.routing.rollouts import Progress


def succeed(head: RoutingPlan | None, new: RoutingPlan) -> RoutingPlan:
    """Return `new` numbered as the revision after `head`.

    A route whose division stays the same keeps the revision it began with: its interval goes on.
    """
    revision = head.revision + 1 if head else 1
    before = {route.name: route for route in head.routes} if head else {}
    replaced = _replaced(head, new) if head else set()
    routes = tuple(_succeed(before.get(route.name), route, revision, replaced) for route in new.routes)
    return without_those_in_use(replace(new, revision=revision, routes=routes))


def adopt(head: RoutingPlan, new: RoutingPlan) -> RoutingPlan:
    """Return `new`, from a file or an earlier revision, with what is no part of a file taken from `head`."""
    before = {route.name: route.progress for route in head.routes}
    routes = tuple(replace(route, progress=before.get(route.name)) for route in new.routes)
    known = {service.name for service in new.services}
    return replace(new, routes=routes, parked=tuple(name for name in head.parked if name in known))


def _replaced(head: RoutingPlan, new: RoutingPlan) -> set[str]:
    """Return the services that are another program now than before, or gone."""
    if head.services is new.services:
        return set()
    now = {service.name: (service.model, service.urls) for service in new.services}
    return {s.name for s in head.services if now.get(s.name) != (s.model, s.urls)}


def _succeed(before: Route | None, route: Route, revision: int, replaced: set[str]) -> Route:
    if before is route and not replaced:
        return route
    keyed = route.keyed or succeed_keyed(before, route)
    if before is not None and route.progress is not None and _was_taken_over(before, route):
        route = replace(route, progress=taken_over(route.progress, revision, "the division of the route"))
    elif route.progress is not None and route.progress.is_active:
        for arm in (route.progress.canary, route.progress.stable):
            if arm in replaced:
                route = replace(route, progress=taken_over(route.progress, revision, f"service {arm}"))
                break
    if before is None or _division(before) != _division(route):
        return replace(route, since=revision, keyed=keyed)
    return replace(route, since=before.since, keyed=before.keyed)


def _was_taken_over(before: Route, route: Route) -> bool:
    """Tell whether somebody set by hand what a rollout under way had set."""
    progress = route.progress
    if progress is None or progress != before.progress or not progress.is_active:
        return False
    return (route.weights, route.stable, route.sticky) != (before.weights, before.stable, before.sticky)


def taken_over(progress: Progress, revision: int, what: str) -> Progress:
    """Return how a rollout ends when somebody changes `what` by hand: what was shown is of another thing."""
    why = f"{what} was changed by hand in revision {revision}; the rollout ended there"
    return replace(progress, state=after(progress.state, "take_over"), why=why)


def _division(route: Route) -> tuple[object, ...]:
    thresholds = route.progress.thresholds if route.progress else ()  # what was counted before had none
    return (route.weights, route.stable, route.sticky, route.overrides, thresholds)


def says_the_same(one: RoutingPlan, other: RoutingPlan) -> bool:
    """Tell whether two plans differ in nothing but their numbering."""
    return (
        replace(one, routes=(), revision=0) == replace(other, routes=(), revision=0)
        and len(one.routes) == len(other.routes)
        and all(map(_same_but_history, one.routes, other.routes))
    )


def _same_but_history(one: Route, other: Route) -> bool:
    return one is other or replace(one, since=other.since, keyed=other.keyed) == other


def roll_back(plan: RoutingPlan, route: str | None = None, now: float = 0.0) -> RoutingPlan:
    """Send everything of one route, or of all routes, to its stable service.

    Where all of it is there already, the route whose canary became stable goes back to the version before, as
    long as that is warm at `now` (seconds since 1970). Without `route` only if there is no doubt which is
    meant. Overrides stay: they are one caller's explicit choice, not a share of the traffic.
    """
    chosen = list(plan.routes) if route is None else [named(plan, route)]
    back = {r.name: _to_stable(r) for r in chosen}
    if all(back[r.name] == r for r in chosen):
        promoted = [r for r in chosen if can_go_back(plan, r, now)]
        is_meant = len(promoted) == 1 and (route is not None or not any(map(_was_taken_back, chosen)))
        back = {r.name: _to_previous(r) for r in promoted} if is_meant else {}
    return with_routes(plan, back)


def can_go_back(plan: RoutingPlan, route: Route, now: float) -> bool:
    """Tell whether a route's canary became stable and the version before it is still warm."""
    progress = route.progress
    if progress is None or now >= progress.warm_until or route.stable != progress.canary:
        return False
    return plan.service(progress.previous) is not None


def _was_taken_back(route: Route) -> bool:
    return route.progress is not None and route.progress.state == "degraded"


def _to_stable(route: Route) -> Route:
    back = weighted(route, {route.stable: UNITS})
    progress = route.progress
    if progress is None or not progress.is_active:
        return back
    why = f"everything was sent to {route.stable} by a rollback"
    return replace(back, progress=replace(progress, state=after(progress.state, "roll_back"), why=why))


def _to_previous(route: Route) -> Route:
    progress = route.progress
    assert progress is not None
    why = f"{route.stable} had become stable and was taken back; {progress.previous} is stable again"
    state = after(progress.state, "roll_back")
    ended = replace(progress, state=state, why=why, previous="", warm_until=0.0)
    return replace(weighted(route, {progress.previous: UNITS}), stable=progress.previous, progress=ended)


def weighted(route: Route, units: Mapping[str, int]) -> Route:
    """Return a route with these weights; who is named nowhere in them gets nothing."""
    names = [name for name, _ in route.weights]
    names += [name for name in units if name not in names]
    weights = tuple((name, units.get(name, 0)) for name in names)
    return route if weights == route.weights else replace(route, weights=weights, keyed=())


def with_routes(plan: RoutingPlan, changed: Mapping[str, Route]) -> RoutingPlan:
    """Return a plan with these routes, by name, in the place of its own."""
    return replace(plan, routes=tuple(changed.get(route.name, route) for route in plan.routes))


def named(plan: RoutingPlan, name: str) -> Route:
    """Return a route by its name; raises ChangeRefused where there is none."""
    route = plan.route(name)
    if route is None:
        known = ", ".join(r.name for r in plan.routes[:20])
        raise ChangeRefused(f"there is no route {name}; there is {known}")
    return route


def shares_of(route: Route) -> dict[str, float]:
    """Return a route's weights in percent, in the order of the file."""
    return {name: percent(units) for name, units in route.weights}
