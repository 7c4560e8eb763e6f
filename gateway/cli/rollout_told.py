"""What the verbs of rollouts print: what is in force now, what happens next, and how to stop it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from gateway.cli.common import print_json, say
from gateway.control.rollouts.state import progress_state
from gateway.control.rollouts.steering import control_runs
from gateway.control.rollouts.words import duration, next_in_words, place, weight
from gateway.rollout.freeze import freeze_at
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.revise import shares_of

NOBODY_JUDGES = "the control process does not run: the rollout stays at this step until it does"


def tell(
    places: Places, plan: RoutingPlan, route: Route, complaint: dict[str, str] | None, *, as_json: bool
) -> None:
    """Print what a move has led to."""
    is_active = bool(route.progress and route.progress.is_active)
    judged = control_runs(places) if is_active else True
    if as_json:
        print_json(as_document(plan, route, complaint, judged=judged))
        return
    several = len(plan.routes) > 1
    say("\n".join(in_words(plan, route, time.time(), several=several)))
    if not judged:
        print(f"warning: {NOBODY_JUDGES}", file=sys.stderr)
    if complaint:
        print(f"warning: {complaint['message']}", file=sys.stderr)


def as_document(
    plan: RoutingPlan, route: Route, complaint: dict[str, str] | None, *, judged: bool
) -> dict[str, Any]:
    """Return the same for programs."""
    assert route.progress is not None
    return {
        "revision": plan.revision,
        "changed": True,
        "route": route.name,
        "weights": shares_of(route),
        "rollout": {**progress_state(route.progress), "next": next_in_words(route), "judged": judged},
        "file": complaint["message"] if complaint else "",
    }


def in_words(plan: RoutingPlan, route: Route, now: float, *, several: bool = False) -> list[str]:
    """Return the lines to print; `several`: the commands to go on with have to name the route."""
    shares = ", ".join(f"{name} {share:g} %" for name, share in shares_of(route).items())
    named = f" --route {route.name}" if several else ""
    return [
        f"revision {plan.revision} is live",
        f"  {route.name}: {shares}",
        *(f"  {line}" for line in _standing(route, named, now)),
    ]


def _standing(route: Route, named: str, now: float) -> Iterator[str]:
    progress = route.progress
    assert progress is not None
    if progress.is_active:
        paused = ", paused" if progress.state == "paused" else ""
        given = f"{weight(progress)} goes to {progress.canary}"
        yield f"{place(progress)}{paused}: {given}; {next_in_words(route)}"
        yield from _frozen(route, now)
        yield f"to see it: gateway status --watch; to stop it: gateway abort{named}"
    elif progress.state == "degraded":
        yield f"{progress.canary} was taken back: {progress.why}"
    elif progress.previous:
        yield (
            f"{progress.canary} is stable now; {progress.previous} stays warm for "
            f"{duration(progress.warm_until - now)}, and as long `gateway rollback{named}` goes back to it"
        )
        yield from _frozen(route, now)
    else:
        yield progress.why
        if progress.state == "healthy":
            yield from _frozen(route, now)


def _frozen(route: Route, now: float) -> Iterator[str]:
    """Warn of a freeze window that a person's command has just been obeyed in."""
    if frozen := freeze_at(route.rollout.freeze, now):
        yield f"it is frozen ({frozen}): no step begins by itself until that ends"
