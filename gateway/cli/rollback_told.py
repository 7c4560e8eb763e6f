"""What a rollback means for rollouts, in sentences; as hurried as the verb that prints them."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.control.rollouts.words import duration
from gateway.routing.plan import Route, RoutingPlan


def rollouts_told(before: RoutingPlan, plan: RoutingPlan, now: float) -> Iterator[str]:
    """Yield what became of each route's rollout, why a promotion could not be taken back, or how it can be.

    `now` is in seconds since 1970.
    """
    is_same = before.revision == plan.revision
    for route in plan.routes:
        old = before.route(route.name)
        if old is None or route.progress is None:
            continue
        if is_same:
            yield from _not_warm(route, now)
        elif old.stable != route.stable:
            yield f"{route.name}: {route.stable} is stable again, instead of {old.stable}"
        elif old.progress is not None and old.progress.is_active and not route.progress.is_active:
            yield f"{route.name}: the rollout of {old.progress.canary} is over; {route.stable} stays stable"
        yield from _way_back(route, now)


def _way_back(route: Route, now: float) -> Iterator[str]:
    """Say how to go back to the version that a promotion replaced, while that is warm."""
    progress = route.progress
    assert progress is not None
    if progress.previous and now < progress.warm_until and route.stable == progress.canary:
        yield (
            f"{route.name}: {route.stable} is stable; to go back to {progress.previous}, which is warm for "
            f"{duration(progress.warm_until - now)}: gateway rollback --route {route.name}"
        )


def _not_warm(route: Route, now: float) -> Iterator[str]:
    """Say why a route whose canary was promoted is not taken back to the version before."""
    progress = route.progress
    assert progress is not None
    if progress.state != "healthy" or progress.canary != route.stable or now < progress.warm_until:
        return
    yield (
        f"{route.name}: {route.stable} stays stable; {progress.stable}, which it replaced, is not kept warm "
        f"any more (`keep_warm` is over). To go back all the same: gateway switch {progress.stable}"
    )
