"""Numbers out of samples. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that at least `share` (0 to 1) of all samples do not exceed."""
    if not samples:
        raise ValueError("a percentile of no samples")
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios round by round: a noisy round disturbs both sides alike."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def quieter_half(rounds: Sequence[Mapping[str, float]], noise: str) -> list[Mapping[str, float]]:
    """Return the half of the rounds (rounded up) with the least `noise`, the quietest first."""
    return sorted(rounds, key=lambda one: one[noise])[: (len(rounds) + 1) // 2]


def quiet_median(rounds: Sequence[Mapping[str, float]], noise: str, quantity: str) -> float:
    """Return the median of `quantity` over the quieter half of the rounds."""
    return median(one[quantity] for one in quieter_half(rounds, noise))


def last_gap_ms(starts: Sequence[int], ends: Sequence[int], marks: Sequence[int]) -> list[float]:
    """For each stretch from `starts[i]` to `ends[i]`, tell how long after its start the last of `marks` fell.

    All in nanoseconds, `marks` in ascending order; 0 where none fell into the stretch. Returns milliseconds.
    """
    gaps = []
    for start, end in zip(starts, ends, strict=True):
        inside = [mark for mark in marks if start <= mark < end]
        gaps.append((inside[-1] - start) / 1e6 if inside else 0.0)
    return gaps
