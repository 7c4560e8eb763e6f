"""Walks of chance to the boundaries of a test: when it decides, and how that scatters.

A path is a few additions and comparisons, so hundreds of them take milliseconds. The same draws serve every
question: two answers differ by what was asked and not by luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

PATHS, LENGTH = 400, 240
"""Paths walked, and how far: in strides, each of as many of the canary's events as a question needs."""
STRETCH, SOME = 4.0, 20
"""A path goes on to this multiple of the way that the mean path needs, and by some strides at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Chance, drawn once: for each path the exponential gaps between events, and one normal number."""

    gaps: tuple[tuple[float, ...], ...]
    noise: tuple[float, ...]

    def turned(self, by: int) -> Paths:
        """Return the same paths in another order: for something that happens independently."""
        by %= len(self.gaps)
        return Paths(self.gaps[by:] + self.gaps[:by], self.noise[by:] + self.noise[:by])


def draw(dice: Callable[[], float], paths: int = PATHS, length: int = LENGTH) -> Paths:
    """Draw paths; `dice` yields numbers from [0, 1)."""
    log = math.log
    gaps = tuple(tuple([-log(1.0 - dice()) for _ in range(length)]) for _ in range(paths))
    noise = tuple(math.sqrt(-2 * log(1.0 - dice())) * math.cos(2 * math.pi * dice()) for _ in range(paths))
    return Paths(gaps, noise)


def pace(events: float) -> tuple[int, int]:
    """Return the stride and the number of strides for a mean path of so many of the canary's events."""
    stride = max(1, math.ceil(STRETCH * events / LENGTH))
    return stride, min(LENGTH, math.ceil(STRETCH * events / stride) + SOME)


def between(gaps: Sequence[float], stride: int, odds: float) -> Iterator[float]:
    """Yield how many events of stable fall between the canary's, from stride to stride.

    One by one that is a geometric number; of many at once only the mean and the variance matter.
    """
    if stride == 1:
        scale = 1 / math.log1p(1 / odds)
        return (int(gap * scale) for gap in gaps)
    mean, spread = stride * odds, math.sqrt(stride * odds * (1 + odds))
    least = mean - spread
    if least >= 0:
        return (least + spread * gap for gap in gaps)
    return (max(0.0, least + spread * gap) for gap in gaps)


def first_worse(steps: Iterable[float], most: Sequence[float], stride: int) -> float:
    """Return after how many events of both a test is crossed that the canary's events speak for.

    `most[i]`: what stable may have had by the end of stride i. Infinity: not on this path.
    """
    stable = 0.0
    for place, (limit, step) in enumerate(zip(most, steps, strict=False), 1):
        stable += step
        if stable <= limit:
            return place * stride + stable
    return math.inf


def first_good(steps: Iterable[float], least: Sequence[float], stride: int) -> float:
    """Return after how many events of both a test is crossed that stable's events speak for.

    `least[i]`: what stable must have had after i strides of the canary. Infinity: not on this path.
    """
    stable = 0.0
    if stride > 1:  # where many of the canary's come at once, what stable had meanwhile is met at their end
        least = least[1:]
    for place, (limit, step) in enumerate(zip(least, steps, strict=False)):
        stable += step
        if stable >= limit:
            return place * stride + limit
    return math.inf


def requests_for(events: float, rate: float, noise: float) -> float:
    """Return in how many requests so many events come, where `rate` of them are events.

    The time of an event is a gamma variable; its cube root is all but normal (Wilson and Hilferty).
    """
    if math.isinf(events):
        return events
    part = max(0.0, 1 - rate) / max(events, 1.0)
    return max(events, 1.0) / rate * max(0.0, 1 - part / 9 + noise * math.sqrt(part) / 3) ** 3


def quantile(values: Sequence[float], part: float) -> float:
    """Return a quantile of numbers of which some may be infinite."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
