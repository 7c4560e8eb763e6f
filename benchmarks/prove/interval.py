"""Exact intervals and quantiles of what thousands of runs came to. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.stats import beta


def exact_interval(hits: int, runs: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Clopper-Pearson interval of a rate: exact, whatever the numbers."""
    if not 0 <= hits <= runs or runs < 1:
        raise ValueError(f"{hits} of {runs} is no rate")
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, hits, runs - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, runs - hits)) if hits < runs else 1.0
    return low, high


def quantile_within(found: Sequence[int | None], q: float) -> int | None:
    """Return the q-quantile of numbers of which some (None) are only known to be large; None if it is one."""
    known = sorted(value for value in found if value is not None)
    place = math.ceil(q * len(found)) - 1
    return known[place] if 0 <= place < len(known) else None
