"""History as a person looks at it: rollouts with what became of them, and what going back would change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from gateway.control.readings import iso_time
from gateway.routing.difference import difference
from gateway.routing.journal import Revision
from gateway.routing.plan import RoutingPlan, percent
from gateway.routing.revise import adopt
from gateway.routing.rollouts import Progress

OUTCOMES: Final = {
    "healthy": ("good", "became stable"),
    "progressing": ("", "under way"),
    "paused": ("warn", "paused"),
    "degraded": ("bad", "taken back"),
}
FILES: Final = {
    "written": ("good", "in routing.yaml"),
    "pending": ("", "not in routing.yaml yet"),
    "unwritable": ("bad", "routing.yaml could not be written"),
}


def rollouts_in(newest_first: Sequence[Revision]) -> list[dict[str, Any]]:
    """Return the rollouts that revisions know of, the latest first, each as it stood at last."""
    began = {entry.revision: entry for entry in newest_first}
    found: dict[int, dict[str, Any]] = {}
    for entry in newest_first:
        for route in entry.plan.routes:
            progress = route.progress
            if progress is not None and progress.id not in found:
                found[progress.id] = _rollout(route.name, route.stable, progress, began.get(progress.id))
    return [found[number] for number in sorted(found, reverse=True)]


def _rollout(route: str, stable: str, progress: Progress, begin: Revision | None) -> dict[str, Any]:
    kind, outcome = OUTCOMES[progress.state]
    if progress.state == "healthy" and stable != progress.canary:
        kind, outcome = "warn", "ended by hand"
    return {
        "id": progress.id,
        "route": route,
        "canary": progress.canary,
        "stable": progress.stable,
        "step": progress.step + 1,
        "steps": len(progress.steps),
        "weight": percent(progress.steps[progress.step].weight),
        "kind": kind,
        "outcome": outcome,
        "why": progress.why,
        "at": iso_time(begin.at) if begin else "",
        "author": begin.author if begin else "",
        "reason": begin.reason if begin else "",
    }


def unjudged(head: RoutingPlan, to: RoutingPlan) -> list[str]:
    """Return a warning for each canary that going back gives requests again, without what judged it then."""
    back = adopt(head, to)
    found = []
    for was, new in zip(to.routes, back.routes, strict=True):
        now, progress = head.route(was.name), was.progress
        changes = now is None or (now.weights, now.stable) != (new.weights, new.stable)
        if progress is None or not progress.is_active or not changes or not was.share(progress.canary):
            continue
        found.append(
            f"Then a rollout of {progress.canary} was under way on {was.name}. Going back gives "
            f"{progress.canary} its {was.share(progress.canary):g} % again, but not the rollout: nobody "
            "judges it, and it is not taken back by itself. To have it judged, start a rollout instead."
        )
    return found


def going_back(head: RoutingPlan, to: RoutingPlan) -> list[str]:
    """Return what would change if an earlier plan were made the latest one."""
    return difference(head, adopt(head, to))
