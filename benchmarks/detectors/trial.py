"""Runs a detector over streams, and says how often it was wrong and how long it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import default_rng

from benchmarks.detectors.rivals import Alarms
from benchmarks.detectors.streams import Case, Streams
from benchmarks.prove.interval import exact_interval, quantile_within
from gateway.statistics.decay import Decay, step

SEED = 20_130_301
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What one detector made of the streams of one case: labels until its first alarm, 0: none."""

    case: Case
    alarms: tuple[int, ...]

    @property
    def early(self) -> int:
        """Streams that were alarmed before anything had changed."""
        change = self.case.change
        return sum(alarm > 0 and (change is None or alarm <= change) for alarm in self.alarms)

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval of the share of early alarms."""
        return exact_interval(self.early, len(self.alarms))

    def delay(self, q: float) -> float | None:
        """Return the q-quantile of the delay in the case's unit; None where so many were not found."""
        change = self.case.change or 0
        late = [alarm - change if alarm else None for alarm in self.alarms if not 0 < alarm <= change]
        found = quantile_within(late, q)
        return None if found is None else found / self.case.unit[1]


def ours(case: Case) -> Callable[[Streams], Alarms]:
    """Return the project's detector over buckets of the case's size, as `rivals` have it."""

    def look(streams: Streams) -> Alarms:
        count, width = streams.shape
        means = streams.reshape(count, width // case.bucket, case.bucket).mean(axis=2)
        return np.array([_first(row.tolist(), case) for row in means], np.int64)

    return look


def _first(means: list[float], case: Case) -> int:
    state = Decay(learn=case.learn)
    for number, mean in enumerate(means, 1):
        state = step(state, mean, case.bucket)
        if state.raised:
            return number * case.bucket
    return 0


def run(case: Case, detector: Callable[[Streams], Alarms], streams: int) -> Found:
    """Look at so many streams of a case; the same ones for every detector."""
    alarms: list[int] = []
    for first in range(0, streams, _AT_ONCE):
        dice = default_rng([SEED, first])
        alarms += detector(case.draw(dice, min(_AT_ONCE, streams - first))).tolist()
    return Found(case, tuple(alarms))
