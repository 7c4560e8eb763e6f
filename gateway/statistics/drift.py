"""How far counts in bins have moved from reference counts: for inputs and outputs against training.

Two measures. The population stability index, Σ (q − p) ln(q / p), is the one whose rules of thumb people know
(0.1 moderate, 0.25 large); the Jensen-Shannon divergence (Lin, *Divergence Measures Based on the Shannon
Entropy*, 1991) lies between 0 and 1 bit.

**Chance.** Counts of n and m draws from the *same* distribution do not agree either. The index divided by
1/n + 1/m then follows a chi-squared law with bins − 1 degrees of freedom (Yurdakul & Naranjo, *Statistical
Properties of the Population Stability Index*, 2020), so a hundred predictions in twenty bins show 0.2 by
chance alone.

**Clumps.** And predictions come in clumps: a week of weather is seven days and not ten thousand draws. How
much, two things say, and the greater counts. The buckets of the window: the variance of a bin's share,
estimated from how it scatters between them (of a ratio: Cochran, *Sampling Techniques*, 1977), takes the
place of the one that independent draws would have. But a few dry days look as if it never rained, so `Days`
adds what was known before: the intraclass correlation ρ of a day's draws, averaged over bins as Rao & Scott
(*The Analysis of Categorical Data From Complex Sample Surveys*, 1981) average design effects. Days alone,
however many draws they have, then let (bins − 1) ρ (1/days + 1/days of the reference) be expected.

`psi_excess` is what lies beyond chance: beyond its mean and four standard deviations, which are larger the
fewer the clumps, as a single day may be like no other. An empty bin gets half a clump. With many buckets
alike it is the index itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, log2, sqrt

_HALF = 0.5  # Jeffreys' prior: an empty bin is rare, not impossible
DEVIATIONS = 4.0
OUTLIERS = 32.0
"""A single clump may be like no other: n of them have 1 + 32/n times the variance of a chi-squared law.

Chosen out of 0 to 48 on real flights with their days in 700 random orders: docs/detectors.md.
"""
LEAST_BUCKETS = 7
"""Fewer say nothing of how they scatter."""


@dataclass(frozen=True, slots=True)
class Days:
    """How alike the draws of one day are: 0 (independent) to 1, and how many days either side is of."""

    correlation: float
    reference: int
    window: int

    def psi(self, bins: int) -> float:
        """Return the index to expect of so many days when nothing has moved, draws being without number."""
        return (bins - 1) * self.correlation * (1 / self.reference + 1 / self.window)


def psi(reference: Sequence[int], counts: Sequence[int]) -> float:
    """Return the population stability index, 0 where either side has no counts; raises ValueError."""
    _require_same_bins(reference, counts)
    return _index(reference, counts, _HALF) if sum(reference) and sum(counts) else 0.0


def chance_psi(bins: int, n: int, m: int) -> float:
    """Return the index to expect of `n` and `m` draws when nothing has moved; infinite without draws."""
    return (bins - 1) * _per_draw(n, m)


def clumped_psi(
    reference: Sequence[int], buckets: Sequence[Sequence[int]], days: Days | None = None
) -> float:
    """Return the index to expect by chance of a window that is made of these buckets; raises ValueError.

    It is that of independent draws, and of `days` where known, at least; no other where there is one bucket.
    """
    counts = _total(reference, buckets)
    n, m = sum(reference), sum(counts)
    chance = chance_psi(len(reference), n, m) + (days.psi(len(reference)) if days else 0.0)
    filled = _filled(buckets)
    if len(filled) < 2 or not n:
        return chance
    times = len(filled) / (len(filled) - 1) / m**2
    found = 0.0
    for place, now in enumerate(counts):
        scatter = sum((bucket[place] - size * now / m) ** 2 for size, bucket in filled) * times
        found += scatter * (n + m) / (now + reference[place] + _HALF)
    return max(chance, found * (1 + m / n))


def psi_excess(
    reference: Sequence[int], buckets: Sequence[Sequence[int]], days: Days | None = None
) -> float | None:
    """Return how far a window's index lies above what chance does, 0 at least; raises ValueError.

    None where that cannot be said: without counts, or of fewer than `LEAST_BUCKETS` without known `days`.
    """
    counts = _total(reference, buckets)
    clumps = days.window if days else len(_filled(buckets))
    if len(counts) < 2 or not sum(reference) or not sum(counts) or not (days or clumps >= LEAST_BUCKETS):
        return None
    chance = clumped_psi(reference, buckets, days)
    clump = chance / chance_psi(len(counts), sum(reference), sum(counts))
    found = min(psi(reference, counts), _index(reference, counts, _HALF * clump))
    spread = sqrt(2 / (len(counts) - 1) * (1 + OUTLIERS / clumps))
    return max(0.0, found - chance * (1 + DEVIATIONS * spread))


def jensen_shannon(reference: Sequence[int], counts: Sequence[int]) -> float:
    """Return the Jensen-Shannon divergence in bits, 0 to 1; 0 without counts; raises ValueError."""
    _require_same_bins(reference, counts)
    if not sum(reference) or not sum(counts):
        return 0.0
    p = [count / sum(reference) for count in reference]
    q = [count / sum(counts) for count in counts]
    middle = [(then + now) / 2 for then, now in zip(p, q, strict=True)]
    return max(0.0, (_to(p, middle) + _to(q, middle)) / 2)


def merged(reference: Sequence[int], counts: Sequence[int], share: float) -> tuple[list[int], list[int]]:
    """Return both with neighbouring bins joined until each holds that share of the reference at least."""
    _require_same_bins(reference, counts)
    least = max(1.0, share * sum(reference))
    joined: list[tuple[int, int]] = []
    then = now = 0
    for one, other in zip(reference, counts, strict=True):
        then, now = then + one, now + other
        if then >= least:
            joined.append((then, now))
            then = now = 0
    if then or now or not joined:
        last = joined.pop() if joined else (0, 0)
        joined.append((last[0] + then, last[1] + now))
    return [one for one, _ in joined], [other for _, other in joined]


def _filled(buckets: Sequence[Sequence[int]]) -> list[tuple[int, Sequence[int]]]:
    return [(sum(bucket), bucket) for bucket in buckets if sum(bucket)]


def _total(reference: Sequence[int], buckets: Sequence[Sequence[int]]) -> list[int]:
    for bucket in buckets:
        _require_same_bins(reference, bucket)
    return [sum(place) for place in zip(*buckets, strict=True)] or [0] * len(reference)


def _index(reference: Sequence[int], counts: Sequence[int], prior: float) -> float:
    pairs = zip(_smoothed(reference, prior), _smoothed(counts, prior), strict=True)
    return sum((now - then) * log(now / then) for then, now in pairs)


def _smoothed(counts: Sequence[int], prior: float) -> list[float]:
    whole = sum(counts) + prior * len(counts)
    return [(count + prior) / whole for count in counts]


def _per_draw(n: int, m: int) -> float:
    return 1 / n + 1 / m if n > 0 and m > 0 else float("inf")


def _to(p: Sequence[float], q: Sequence[float]) -> float:
    return sum(one * log2(one / other) for one, other in zip(p, q, strict=True) if one)


def _require_same_bins(reference: Sequence[int], counts: Sequence[int]) -> None:
    if len(reference) != len(counts) or not reference:
        raise ValueError(f"{len(reference)} bins of the reference cannot be compared with {len(counts)}")
