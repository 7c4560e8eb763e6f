"""What is wrong with rollouts, in sentences: paused for a person to look, judged by nobody, not counted."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.control.rollouts.state import FRESH, Judged
from gateway.control.rollouts.words import duration, is_paused_by_hand, place, weight
from gateway.monitoring.ledger_layout import ENTRIES
from gateway.monitoring.ledger_read import read_ledger
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.rollouts import Progress


def rollout_warnings(places: Places, plan: RoutingPlan, judged: Judged, now: float) -> Iterator[str]:
    """Yield a sentence for each rollout that needs somebody; `now` is in seconds since 1970."""
    for route in plan.routes:
        if route.progress is not None and route.progress.is_active:
            yield from _of_pause(route, route.progress)
            yield from _of_judge(route, route.progress, judged, now)
            yield from _of_ledgers(places, route, route.progress)


def _of_pause(route: Route, progress: Progress) -> Iterator[str]:
    if progress.state == "paused" and not is_paused_by_hand(progress):
        asked = f", {progress.held_by} asks for a person" if progress.held_by else ""
        yield (
            f"{_called(route, progress)} is paused at {weight(progress)} ({place(progress)}{asked}): "
            f"{progress.why}; then `gateway resume`, `gateway promote` or `gateway abort`"
        )


def _of_judge(route: Route, progress: Progress, judged: Judged, now: float) -> Iterator[str]:
    if not judged.is_judged(route, now):
        age = judged.age(now)
        verb = "is not judged " + ("at this moment" if age is not None else "yet")
        if age is not None and age > FRESH:
            verb = f"has not been judged for {duration(age)}"
        yield (
            f"{_called(route, progress)} {verb}: it stays at {weight(progress)}, and nobody "
            "takes it back if it is worse; the log of the control process says why, or it does not run"
        )


def _of_ledgers(places: Places, route: Route, progress: Progress) -> Iterator[str]:
    full = sum(_is_full(places, progress.id))
    if full:
        workers = "1 worker has" if full == 1 else f"{full} workers have"
        yield (
            f"{_called(route, progress)}: {workers} no room to count more of its requests, so its verdict "
            "may never be in; promote or abort it, or begin it anew"
        )


def _is_full(places: Places, rollout: int) -> Iterator[bool]:
    for path in places.ledgers(rollout):
        try:
            yield read_ledger(path, from_entry=ENTRIES).full
        except (OSError, ValueError):
            continue  # it is only just being made, or was removed a moment ago


def _called(route: Route, progress: Progress) -> str:
    return f"the rollout of {progress.canary} on route {route.name}"
