"""Runs one rollout over a stream, and looks as the gateway does: each second.

For streams without keys most looks can be left out without changing any result. Between two seconds in which
the canary had a bad event, the evidence that it is worse can only fall, and that it is good can only grow.
So it is enough to look at those seconds and at the ones just before; where the latter passes, the first
second that does is found by halving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.prove.lanes import Lanes
from benchmarks.prove.rehearsal import Event, Look, Plan, Rehearsal
from benchmarks.prove.users import Record, Users
from gateway.rollout.starts import EPOCH

Watcher = Callable[[Look], None]
_QUIET = 10
"""Seconds between looks at sticky users while nothing bad happens to the canary's."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a rollout ended: `none` where the stream was over first; `second` is when, `step` where it was."""

    event: Event
    second: int
    step: int
    failed: str = ""


def run_plain(lanes: Lanes, plan: Plan, *, every_second: bool = False, watch: Watcher | None = None) -> Ended:
    """Run a rollout over requests without keys; `every_second` leaves out no look."""
    rehearsal = Rehearsal(plan)
    while True:
        lanes.divide(rehearsal.since, rehearsal.share, rehearsal.began)
        rehearsal.tick(rehearsal.began, lanes.totals(rehearsal.began))
        look = _first_decision(rehearsal, lanes, every_second, watch)
        if look is None or look.event != "advance":
            return _ended(look, rehearsal, lanes.seconds)
        rehearsal.advance(look.second)


def run_sticky(users: Users, plan: Plan, watch: Watcher | None = None) -> Ended:
    """Run a rollout over requests of users who stick to a version."""
    rehearsal = Rehearsal(plan)
    while True:
        rehearsal.tick(rehearsal.began)
        records = users.stretch(rehearsal.share, rehearsal.began, rehearsal.since)
        look = _first_sticky_decision(rehearsal, records, users.people.seconds, watch)
        if look is None or look.event != "advance":
            return _ended(look, rehearsal, users.people.seconds)
        rehearsal.advance(look.second)


def _ended(look: Look | None, rehearsal: Rehearsal, seconds: int) -> Ended:
    if look is None:
        return Ended("none", seconds, rehearsal.progress.step)
    failed = next((metric.name for metric in look.metrics if metric.outcome == "fail"), "")
    return Ended(look.event, look.second, rehearsal.progress.step, failed)


def _first_decision(
    rehearsal: Rehearsal, lanes: Lanes, every_second: bool, watch: Watcher | None
) -> Look | None:
    before = rehearsal.began
    telling = set(range(before + 1, lanes.seconds + 1)) if every_second else _telling(rehearsal, lanes)
    new_spans = _new_spans(before, lanes.seconds)
    for second in sorted(telling | new_spans):
        totals = lanes.totals(second)
        if second in telling or rehearsal.is_ended_by_verdict:
            look = rehearsal.look(second, totals)
            if watch is not None:
                watch(look)
            if look.event in ("advance", "complete"):
                return _earliest(rehearsal, lanes, before, look)
            if look.event != "none":
                return look
            before = second
        if second in new_spans:
            rehearsal.tick(second, totals)  # a span that has nothing yet changes no verdict
    return None


def _new_spans(begin: int, end: int) -> set[int]:
    """Return the seconds at which the bookkeeping begins a new span, whatever happens."""
    return set(range(begin + int(EPOCH), end, int(EPOCH)))


def _telling(rehearsal: Rehearsal, lanes: Lanes) -> set[int]:
    """Return the seconds at which a look can come to something that the one before did not."""
    begin, end = rehearsal.began, lanes.seconds
    current = lanes.lanes[0].stretches[-1].counted
    bad = np.flatnonzero(current.canary_bad.any(axis=1)) + begin + 1
    telling = {*bad.tolist(), end}
    if rehearsal.is_ended_by_verdict:
        telling.update((bad - 1).tolist())
    elif rehearsal.step.until == "time":
        telling.add(begin + int(rehearsal.step.seconds))
    return {second for second in telling if begin < second <= end}


def _earliest(rehearsal: Rehearsal, lanes: Lanes, before: int, found: Look) -> Look:
    """Return the first look after `before` that goes on: while the canary has no bad event, all later do."""
    last = found.second
    while last - before > 1:
        middle = (before + last) // 2
        look = rehearsal.look(middle, lanes.totals(middle))
        if look.event == found.event:
            last, found = middle, look
        else:
            before = middle
    return found


def _first_sticky_decision(
    rehearsal: Rehearsal, records: Iterator[Record], seconds: int, watch: Watcher | None
) -> Look | None:
    """Feed what workers wrote, and look at the end of each second in which something bad was written."""
    for second in _looks(rehearsal, records, seconds):
        look = rehearsal.look(second)
        if watch is not None:
            watch(look)
        if look.event != "none":
            return look
    return None


def _looks(rehearsal: Rehearsal, records: Iterator[Record], seconds: int) -> Iterator[int]:
    record = next(records, None)
    for second in range(rehearsal.began, seconds):
        is_worth_it = second + 1 == seconds or (second + 1) % _QUIET == 0
        while record is not None and record.second == second:
            rehearsal.feed(record.entry)
            is_worth_it = is_worth_it or record.entry.bits > 0
            record = next(records, None)
        if is_worth_it:
            yield second + 1
