"""Streams of losses of 0 and 1, drawn with a seed: steady, worse at one blow, or worse bit by bit.

Two kinds. Labels that are independent, as textbooks have them; and days, of which some are stormy, so that
all labels of a day are bad together. In spells, a day is like the one before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtr

Streams = NDArray[np.bool_]
"""One row per stream, one column per label."""
Rates = NDArray[np.float64]

LABELS, BUCKET = 60_000, 100
DAYS, A_DAY = 392, 200
LEARNT = 28
USUAL = 1 / 6
"""The share of wrong labels on days: 0.09 to 0.21, and in a storm, one day in twelve, 0.2 more."""


@dataclass(frozen=True, slots=True)
class Case:
    """What happens in a stream: `draw(dice, streams)` it; it changes after `change` labels (None: never).

    `bucket` labels are one observation; `unit` is what delays are told in, so many labels each. The detector
    learns from the first `learn` buckets.
    """

    name: str
    bucket: int
    change: int | None
    draw: Callable[[Generator, int], Streams]
    unit: tuple[str, int] = ("labels", 1)
    learn: int = LEARNT


def independent(after: Callable[[Rates], Rates]) -> Callable[[Generator, int], Streams]:
    """Draw labels, 10 % of them wrong at first; `after` turns 0 … 1 since the change into more."""

    def draw(dice: Generator, streams: int) -> Streams:
        part = np.clip((np.arange(LABELS) - LABELS // 2) / (LABELS // 2), 0, 1)
        since = np.where(np.arange(LABELS) < LABELS // 2, 0.0, after(part))
        return dice.random((streams, LABELS)) < 0.1 + since

    return draw


def days(
    after: Callable[[Rates], Rates], likeness: float = 0.0, length: int = DAYS
) -> Callable[[Generator, int], Streams]:
    """Draw days, a sixth of their labels wrong; neighbours have the correlation `likeness`.

    `after` turns 0 … 1 since the day of the change, half-way, into what a day is worse by.
    """

    def draw(dice: Generator, streams: int) -> Streams:
        weather = _spells(dice.standard_normal((streams, length)), likeness)
        part = np.clip((np.arange(length) - length // 2) / (length - length // 2), 0, 1)
        worse = np.where(np.arange(length) < length // 2, 0.0, after(part))
        rates = 0.09 + 0.12 * ndtr(weather) + np.where(ndtr(weather) > 11 / 12, 0.2, 0.0) + worse
        return dice.random((streams, length * A_DAY)) < np.repeat(rates, A_DAY, axis=1)

    return draw


def _spells(noise: Rates, likeness: float) -> Rates:
    """Turn independent normal numbers into a stationary sequence in which neighbours are alike."""
    for place in range(1, noise.shape[1]):
        noise[:, place] = likeness * noise[:, place - 1] + np.sqrt(1 - likeness**2) * noise[:, place]
    return noise


def nothing(part: Rates) -> Rates:
    """No change."""
    return np.zeros_like(part)


def steep(part: Rates) -> Rates:
    """Worse by 10 points at one blow."""
    return np.full_like(part, 0.1)


def gentle(part: Rates) -> Rates:
    """Worse by 10 points over the second half."""
    return 0.1 * part


_IN_DAYS = ("days", A_DAY)
TEXTBOOK = (
    Case("nothing", BUCKET, None, independent(nothing)),
    Case("steep", BUCKET, LABELS // 2, independent(steep)),
    Case("gentle", BUCKET, LABELS // 2, independent(gentle)),
)
STORMY = (
    Case("nothing", A_DAY, None, days(nothing), _IN_DAYS),
    Case("steep", A_DAY, DAYS // 2 * A_DAY, days(steep), _IN_DAYS),
    Case("gentle", A_DAY, DAYS // 2 * A_DAY, days(gentle), _IN_DAYS),
)
SPELLS = tuple(
    Case(f"{likeness:g}, by the {name}", A_DAY * size, None, days(nothing, likeness), _IN_DAYS, learn)
    for likeness in (0.0, 0.3, 0.5, 0.7)
    for name, size, learn in (("day", 1, LEARNT), ("week", 7, 8))
)
