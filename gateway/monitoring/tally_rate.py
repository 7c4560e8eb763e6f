"""Rates from the paces of all workers: requests that ended in one stretch of time, divided by that stretch.

The stretch is the same for every worker, alive or gone, and for every interval of weights, so a reload,
a restart or a change of weights neither doubles a rate nor lets it collapse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from gateway.monitoring import tally_layout as layout
from gateway.monitoring.tally_layout import BLOCK_WORDS, PACE_EVERY
from gateway.monitoring.tally_pace import Marks, marks_in

STRETCH = 10.0
"""Seconds that a rate is of, where a route has had workers for as long."""


class Counted(Protocol):
    """A tally as it was read."""

    route: str

    @property
    def requests(self) -> int:
        """What ended there."""
        ...


def read_paces(words: memoryview, counts: Iterable[Counted], now_ms: int) -> dict[str, Marks]:
    """Return each route's marks in a file, with its total of now; a worker that is gone stays at its last."""
    totals: dict[str, int] = {}
    for count in counts:
        totals[count.route] = totals.get(count.route, 0) + count.requests
    found = {}
    for index, route in layout.paces(words):
        marks = marks_in(words, index * BLOCK_WORDS)
        if marks:
            end = min(now_ms, marks[-1][0] + int(PACE_EVERY * 1000))
            found[route] = (*marks, (max(end, marks[-1][0]), max(totals.get(route, 0), marks[-1][1])))
    return found


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a second, over how many seconds up to now."""

    per_second: float = 0.0
    seconds: float = 0.0


def rate(workers: Iterable[Marks], now: float, stretch: float = STRETCH) -> Rate:
    """Return the rate at which requests ended in one stretch of time, the same for all workers of a route.

    `now` is in monotonic seconds. The stretch is shorter where the first worker is younger; less than a
    second counts as one, since the first request alone would make a rate of thousands.
    """
    known = [marks for marks in workers if marks]
    if not known:
        return Rate()
    now_ms = int(now * 1000)
    start = max(now_ms - stretch * 1000, min(marks[0][0] for marks in known))
    ended = sum(marks[-1][1] - _total_at(marks, start) for marks in known)
    seconds = max((now_ms - start) / 1000, 1.0)
    return Rate(ended / seconds, seconds)


class HasPaces(Protocol):
    """What is known of a worker."""

    @property
    def paces(self) -> dict[str, Marks]:
        """The marks of each route."""
        ...


def rate_of(workers: Iterable[HasPaces], route: str, now: float) -> Rate:
    """Return the rate of one route from the states of all workers, those that are gone included."""
    return rate((worker.paces.get(route, ()) for worker in workers), now)


def _total_at(marks: Marks, moment: float) -> float:
    """Return what had ended by a moment; between two marks requests are taken to have ended evenly."""
    before = marks[0]
    for mark in marks:
        if mark[0] > moment:
            part = (moment - before[0]) / (mark[0] - before[0]) if moment > before[0] else 0.0
            return before[1] + part * (mark[1] - before[1])
        before = mark
    return before[1]
