"""How often answers are slower than the thresholds: those of stable, and of a version that takes longer."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.routing.judges import LatencyJudge
from gateway.statistics.histogram import quantile, upper_bound

RAREST = 1e-6
"""The least fraction that is planned with: nothing can be compared with a stable that is never slow."""


def slow_parts(histogram: Sequence[int], judge: LatencyJudge, size: float = 1.0) -> list[float]:
    """Return which fraction of answers counts as slow, for each quantile, if each takes `size` times as long.

    The assumption: a slower version's latencies are stable's, stretched. Without any (an empty histogram)
    nothing is known but that stable exceeds its own quantiles as often as these say.
    """
    if not any(histogram):
        return [1 - q for q in judge.quantiles]
    found = []
    for q in judge.quantiles:
        threshold = quantile(histogram, q)
        assert threshold is not None  # there are latencies
        above = part_above(histogram, max(threshold, judge.ignore_below * 1e6) / size)
        found.append(max(above, RAREST))
    return found


def slow_risks(histogram: Sequence[int], judge: LatencyJudge, size: float) -> list[float]:
    """Return how many times as often as stable's answers count as slow if each takes `size` times as long."""
    pairs = zip(slow_parts(histogram, judge, size), slow_parts(histogram, judge), strict=True)
    return [max(1.0, slower / usual) for slower, usual in pairs]


def part_above(histogram: Sequence[int], microseconds: float) -> float:
    """Return which fraction of latencies lies above a time, taken as even within a bucket."""
    above = 0.0
    for bucket, count in enumerate(histogram):
        if count:
            low, high = upper_bound(bucket - 1) if bucket else 0, upper_bound(bucket)
            above += count * min(1.0, max(0.0, (high - microseconds) / (high - low)))
    return above / sum(histogram)
