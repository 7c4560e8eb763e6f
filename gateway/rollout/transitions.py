"""What has happened to rollouts between one revision and the next, whoever did it: pure.

Read off the plans themselves, so that a move of the command line, of the API, of a rollback or of a saved
file is told exactly like one of the controller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.routing.events import RolloutEvent
from gateway.routing.plan import Route, RoutingPlan, percent
from gateway.routing.rollouts import Progress

_TAKEN_BACK: Final[Mapping[str, RolloutEvent]] = {"fail": "failed", "rollback": "rolled_back"}


@dataclass(frozen=True, slots=True)
class Transition:
    """One event of a route's rollout; `progress` is where it stands after it."""

    event: RolloutEvent
    route: str
    progress: Progress

    @property
    def begins_leg(self) -> bool:
        """Tell whether the time in the step counts anew from here."""
        return self.event in ("started", "step", "resumed")


def transitions(before: RoutingPlan, after: RoutingPlan, action: str = "") -> Iterator[Transition]:
    """Yield what happened between two revisions; `action` is that of the later one in the journal."""
    routes = {route.name: route for route in before.routes}
    for route in after.routes:
        old = routes.pop(route.name, None)
        event = _event(old.progress if old else None, route, action)
        if event and route.progress is not None:
            yield Transition(event, route.name, route.progress)
    for gone in routes.values():
        if gone.progress is not None and gone.progress.is_active:
            why = f"route {gone.name} was removed in revision {after.revision}; the rollout ended there"
            yield Transition("taken_over", gone.name, replace(gone.progress, state="healthy", why=why))


def _event(old: Progress | None, route: Route, action: str) -> RolloutEvent | None:
    new = route.progress
    if new is None or (old is not None and (old.id, old.state, old.step) == (new.id, new.state, new.step)):
        return None
    if new.state == "degraded":
        return _TAKEN_BACK.get(action, "aborted")
    if old is None or old.id != new.id:
        return "started" if new.is_active else "promoted"
    if new.state == "healthy":
        return "promoted" if new.canary == route.stable else "taken_over"
    if new.state == "paused":
        return "held" if new.held_by else "paused"
    return "step" if new.step != old.step else "resumed"


def told(transition: Transition, revision: int, at: float, author: str) -> dict[str, Any]:
    """Return a transition as plain JSON values for those who are notified; `at` is seconds since 1970."""
    progress = transition.progress
    return {
        "event": transition.event,
        "at": at,
        "route": transition.route,
        "rollout": progress.id,
        "revision": revision,
        "canary": progress.canary,
        "stable": progress.stable,
        "state": progress.state,
        "step": progress.step + 1,
        "steps": len(progress.steps),
        "weight": percent(progress.steps[progress.step].weight),
        "author": author,
        "why": progress.why,
    }
