"""How often a version that takes longer for each answer is beyond stable's thresholds."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.statistics.histogram import quantile, upper_bound


def slow_risks(histogram: Sequence[int], quantiles: Sequence[float], size: float) -> list[float]:
    """Return how many times as often answers exceed stable's quantiles if each takes `size` times as long.

    The assumption: the version's latencies are stable's, stretched.
    """
    found = []
    for q in quantiles:
        threshold = quantile(histogram, q)
        assert threshold is not None  # the caller has data
        found.append(max(1.0, part_above(histogram, threshold / size) / (1 - q)))
    return found


def part_above(histogram: Sequence[int], microseconds: float) -> float:
    """Return which fraction of latencies lies above a time, taken as even within a bucket."""
    above = 0.0
    for bucket, count in enumerate(histogram):
        if count:
            low, high = upper_bound(bucket - 1) if bucket else 0, upper_bound(bucket)
            above += count * min(1.0, max(0.0, (high - microseconds) / (high - low)))
    return above / sum(histogram)
