"""What each event of a rollout does to the plan: from one plan to the next, weights and state in one piece.

These are the only functions that move a rollout. Whoever calls them, the command line, the API or the
controller, does so inside `gateway.routing.change.commit`, so a move is journalled and published whole.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.errors import ChangeRefused
from gateway.routing.parking import park
from gateway.routing.plan import UNITS, Route, RoutingPlan, percent
from gateway.routing.rollout_states import Event, after
from gateway.routing.rollouts import Progress, Rollout, Step
from gateway.routing.shares import set_shares


def route_for(plan: RoutingPlan, name: str | None, canary: str = "") -> Route:
    """Return the route that is meant: the one named, or the only one that has this canary or a rollout.

    Where several have the canary it is the only one that gives it requests or says how to roll out.
    Raises ChangeRefused where there is none, or several.
    """
    if name is not None:
        route = plan.route(name)
        if route is None:
            known = ", ".join(r.name for r in plan.routes[:20])
            raise ChangeRefused(f"there is no route {name}; there is {known}")
        return route
    if canary:
        found = [r for r in plan.routes if canary in dict(r.weights)]
        likely = [r for r in found if r.share(canary) or r.rollout != Rollout()]
        found = likely if len(likely) == 1 else found
        what = f"has {canary} among its weights"
    else:
        found = [r for r in plan.routes if r.progress and r.progress.is_active]
        what = "has a rollout under way"
    if len(found) == 1:
        return found[0]
    if not found and canary and len(plan.routes) == 1:
        return plan.routes[0]
    names = ", ".join(r.name for r in found[:20])
    several = f"several routes are possible ({names}); say which with --route NAME"
    raise ChangeRefused(several if found else f"no route {what}; say which is meant with --route NAME")


def start(
    plan: RoutingPlan,
    route: Route,
    canary: str,
    *,
    steps: tuple[Step, ...] = (),
    thresholds: tuple[int, ...] = (),
) -> RoutingPlan:
    """Begin a rollout at its first step; `steps` instead of the route's own, `thresholds` as in Progress."""
    if plan.service(canary) is None:
        known = ", ".join(service.name for service in plan.services[:20])
        raise ChangeRefused(f"there is no service {canary}; there is {known}")
    if canary == route.stable:
        raise ChangeRefused(f"{canary} is stable on route {route.name} already; name another version")
    state = after(route.progress.state if route.progress else "healthy", "start")
    plan = let_go(plan, route)  # what the last promotion replaced: nobody goes back past this rollout
    given = steps or route.rollout.steps
    progress = Progress(
        id=plan.revision + 1,
        canary=canary,
        stable=route.stable,
        state=state,
        step=0,
        steps=given if given[-1].weight >= UNITS else (*given, Step(UNITS)),
        why=f"the rollout of {canary} began",
        judge=route.rollout.judge,
        thresholds=thresholds,
    )
    return _at_step(plan, route, progress)


def pause(plan: RoutingPlan, route: Route, why: str, held_by: str = "") -> RoutingPlan:
    """Keep the canary's share until somebody says otherwise; `held_by` is the metric that asks, if any."""
    return _with(plan, replace(route, progress=replace(_moved(route, "pause", why), held_by=held_by)))


def resume(plan: RoutingPlan, route: Route, why: str) -> RoutingPlan:
    """Go on from where it was paused."""
    return _with(plan, replace(route, progress=_moved(route, "resume", why)))


def advance(plan: RoutingPlan, route: Route, why: str, now: float) -> RoutingPlan:
    """Go to the next step; where that is all of the traffic the canary becomes stable."""
    progress = _active(route)
    following = progress.steps[progress.step + 1]
    if following.weight >= UNITS:
        return complete(plan, route, why, now)
    moved = replace(_moved(route, "advance", why), step=progress.step + 1)
    return _at_step(plan, route, moved)


def complete(plan: RoutingPlan, route: Route, why: str, now: float) -> RoutingPlan:
    """Make the canary stable and give it everything; the version it replaces stays warm for a while."""
    progress = _active(route)
    ended = replace(
        _moved(route, "complete", why),
        step=len(progress.steps) - 1,
        previous=route.stable,
        warm_until=now + route.rollout.keep_warm,
    )
    return _all_to(plan, route, progress.canary, ended)


def switch(plan: RoutingPlan, route: Route, to: str, why: str, now: float) -> RoutingPlan:
    """Make another version stable and give it everything at once: blue-green."""
    if to == route.stable and route.share(to) == 100:
        raise ChangeRefused(f"{to} has all the traffic of route {route.name} already; nothing was changed")
    state = after(route.progress.state if route.progress else "healthy", "complete")
    plan = let_go(plan, route)
    ended = Progress(
        id=plan.revision + 1,
        canary=to,
        stable=route.stable,
        state=state,
        step=0,
        steps=(Step(UNITS),),
        why=why,
        previous=route.stable if route.stable != to else "",
        warm_until=now + route.rollout.keep_warm if route.stable != to else 0.0,
    )
    return _all_to(plan, route, to, ended)


def fail(plan: RoutingPlan, route: Route, why: str) -> RoutingPlan:
    """Take back a canary that was judged worse."""
    return _taken_back(plan, route, "fail", why)


def abort(plan: RoutingPlan, route: Route, why: str) -> RoutingPlan:
    """Take back a canary because somebody says so."""
    return _taken_back(plan, route, "abort", why)


def freeze_thresholds(plan: RoutingPlan, route: Route, thresholds: tuple[int, ...]) -> RoutingPlan:
    """Fix the latencies beyond which an answer counts as slow, once stable has shown enough of its own."""
    return _with(plan, replace(route, progress=replace(_active(route), thresholds=thresholds)))


def let_go(plan: RoutingPlan, route: Route) -> RoutingPlan:
    """Park the version that a promotion replaced, now that its time to be gone back to is over."""
    progress = route.progress
    if progress is None or not progress.previous:
        return plan
    ended = _with(plan, replace(route, progress=replace(progress, previous="", warm_until=0.0)))
    return park(ended, progress.previous)


def _active(route: Route) -> Progress:
    if route.progress is None or not route.progress.is_active:
        begin = "begin one: gateway rollout SERVICE"
        raise ChangeRefused(f"no rollout is under way on route {route.name}; {begin}")
    return route.progress


def _moved(route: Route, event: Event, why: str) -> Progress:
    progress = _active(route)
    accepted = progress.accepted
    if progress.held_by and event in ("resume", "advance", "complete"):
        accepted = (*accepted, progress.held_by)
    state = after(progress.state, event)
    return replace(progress, state=state, why=why, held_by="", accepted=accepted)


def _at_step(plan: RoutingPlan, route: Route, progress: Progress) -> RoutingPlan:
    weight = progress.steps[progress.step].weight
    if weight >= UNITS:
        raise ChangeRefused("a rollout needs a step below 100 %; to move everything at once: gateway switch")
    shared = set_shares(plan, {progress.canary: percent(weight)}, route.name)
    found = shared.route(route.name)
    assert found is not None
    return _with(shared, replace(found, progress=progress))


def _taken_back(plan: RoutingPlan, route: Route, event: Event, why: str) -> RoutingPlan:
    progress = _moved(route, event, why)
    shared = set_shares(plan, {progress.canary: 0.0}, route.name)
    found = shared.route(route.name)
    assert found is not None
    return _with(shared, replace(found, progress=progress))


def _all_to(plan: RoutingPlan, route: Route, service: str, progress: Progress) -> RoutingPlan:
    names = [name for name, _ in route.weights]
    if service not in names:
        names.append(service)
    weights = tuple((name, UNITS if name == service else 0) for name in names)
    return _with(plan, replace(route, stable=service, weights=weights, keyed=(), progress=progress))


def _with(plan: RoutingPlan, route: Route) -> RoutingPlan:
    return replace(plan, routes=tuple(route if r.name == route.name else r for r in plan.routes))
