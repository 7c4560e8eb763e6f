"""What the plain counters of a route's workers say at a moment, from simulated traffic.

Workers adopt new weights a little after one another, and are read a little after one another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from benchmarks.prove.counted import Counted, Ints, first, joined
from benchmarks.prove.traffic import Traffic, World
from gateway.monitoring.ledger_layout import METRICS
from gateway.rollout.evidence import Counts
from gateway.rollout.starts import Pair

_PADDING = (0,) * METRICS


@dataclass(frozen=True)
class Stretch:
    """One worker under one division: interval `since`, in force there from second `begin`."""

    since: int
    begin: int
    counted: Counted
    totals: Ints
    """After each second: canary's requests and bad ones per metric, then stable's."""


@dataclass
class Lane:
    """One worker. It adopts new weights `delay` seconds late."""

    traffic: Traffic
    delay: int
    stretches: list[Stretch] = field(default_factory=list)

    def divide(self, since: int, share: float, second: int) -> None:
        """Begin a stretch in which the canary has this share."""
        begin = min(second + self.delay, self.traffic.world.seconds) if self.stretches else second
        counted = self.traffic.stretch(share, begin)
        columns = np.column_stack([counted.canary, counted.canary_bad, counted.stable, counted.stable_bad])
        totals = np.concatenate([np.zeros((1, columns.shape[1]), np.int64), np.cumsum(columns, axis=0)])
        self.stretches.append(Stretch(since, begin, counted, totals))

    def read(self, second: int) -> list[tuple[int, list[int]]]:
        """Return the counters as they are at the end of a second (the number of seconds over)."""
        found = []
        ends = [stretch.begin for stretch in self.stretches[1:]]
        for stretch, end in zip(self.stretches, [*ends, self.traffic.world.seconds], strict=True):
            until = min(max(second, stretch.begin), end) - stretch.begin
            found.append((stretch.since, stretch.totals[until].tolist()))
        return found

    def happened(self) -> Counted:
        """Return all that this worker did, to the end of the run."""
        parts = [first(one.counted, after.begin - one.begin) for one, after in pairwise(self.stretches)]
        return joined([*parts, self.stretches[-1].counted])


class Lanes:
    """All workers of one run."""

    def __init__(self, world: World, random: Generator, workers: int = 1) -> None:
        whole = Traffic(world, random)
        self.seconds = world.seconds
        self.lanes = [Lane(whole.part(workers), delay=place) for place in range(workers)]
        self._random = random

    def divide(self, since: int, share: float, second: int) -> None:
        """Give the canary a share from a second on."""
        for lane in self.lanes:
            lane.divide(since, share, second)

    def totals(self, second: int) -> dict[int, Pair]:
        """Return what the counters of all workers add up to; all but the first are read up to 3 s late."""
        sums: dict[int, list[int]] = {}
        for place, lane in enumerate(self.lanes):
            late = int(self._random.integers(0, 4)) if place else 0
            for since, row in lane.read(second - late):
                sums[since] = [a + b for a, b in zip(sums[since], row, strict=True)] if since in sums else row
        return {since: _pair(row) for since, row in sums.items()}

    def happened(self) -> Counted:
        """Return all that was done, second by second."""
        every = [lane.happened() for lane in self.lanes]
        return Counted(
            sum_of([one.canary for one in every]),
            sum_of([one.stable for one in every]),
            sum_of([one.canary_bad for one in every]),
            sum_of([one.stable_bad for one in every]),
        )


def sum_of(arrays: list[Ints]) -> Ints:
    """Add arrays of one shape."""
    total = arrays[0].copy()
    for array in arrays[1:]:
        total += array
    return total


def _pair(row: list[int]) -> Pair:
    half = len(row) // 2
    canary, stable = row[:half], row[half:]
    return _counts(stable), _counts(canary)


def _counts(row: list[int]) -> Counts:
    return Counts(row[0], (*row[1:], *_PADDING[len(row) - 1 :]))
