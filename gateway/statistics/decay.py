"""Whether a model's loss has grown since it began to serve: a steep drop and gentle decay alike.

**One bucket is one observation.** A storm makes a whole day bad, so a day's thousand labels are far from a
thousand draws. What counts is therefore the mean loss of a bucket (a day, say), and of that only its place
among the buckets seen so far. Any number will do: Brier score, 1 − AUC, absolute error, log loss.

**The bet.** If buckets are exchangeable, the next one is equally likely to fall into each of the gaps that
those before it leave, whatever their distribution: its p-value, here the share u of buckets below it, is
uniform and independent of the past (Vovk, Gammerman & Shafer, *Algorithmic Learning in a Random World*,
2005). So the product of any densities of u is a martingale that starts at 1. Ours are k u^(k−1), the law of
u if losses grow as Lehmann's alternatives have it (F becomes F^k; *The Power of Rank Tests*, 1953), for a few
k from 1.5 (gentle) to 30 (every bucket is worse than any before), with equal weight. On retraining by such
martingales: Vovk and others, *Retrain or Not Retrain: Conformal Test Martingales for Change-Point Detection*
(2021).

**Mixture over starts.** Nobody knows when the change begins, so betting begins after bucket j with the prior
weight c / ((j + c − 1)(j + c)), c = 30; the weights add up to 1. This is the sum over starts of
Shiryaev-Roberts detectors (Shin, Ramdas & Rinaldo, *E-detectors*, 2023), normalised so as to stay one test.
The first `learn` buckets are only learnt from: they are the version's own beginning.

**What is guaranteed.** E is a martingale that starts at 1, so by Ville's inequality the probability that
`evidence` = α E *ever* reaches 1, however long a version serves and however often one looks, is α at most, as
long as the buckets are exchangeable. Days are so if they differ by chance and not by order; days in spells
are not quite (docs/detectors.md measures by how much), and larger buckets mend that: weeks instead of days.

**A state of fixed size.** After `_MOST` buckets those seen are kept as fixed ends of gaps, and later ones are
counted per gap. Counting merges gaps and nothing else, so the test stays exact. Equal means are put into an
order by a fixed pseudo-random sequence, which exchangeability allows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, isfinite, log
from typing import Any

ALPHA = 0.05
"""The probability of ever raising an alarm about a version that stays as it is, at most."""
_POWERS = (1.5, 2.0, 3.0, 5.0, 9.0, 30.0)
_SPAN = 30  # c of the prior over starts: half of its weight is on the first thirty buckets
_MOST = 120
_LARGEST = 600.0  # e^600 is a double


@dataclass(frozen=True, slots=True)
class Bucket:
    """Labels of one stretch of time: where it begins, how many they are, and the sum of their losses."""

    at: float = 0.0
    n: int = 0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Bet:
    """One alternative: the logarithms of its evidence over all starts and of that of the best start.

    `since` is that start with everything from there on.
    """

    log_all: float
    log_best: float
    since: Bucket


@dataclass(frozen=True, slots=True)
class Decay:
    """What is known of one version's loss over time; plain values, so that it can be kept as JSON.

    `alpha` bounds the probability of ever raising an alarm about a version that stays as it is. Buckets of
    fewer than `least` labels are joined with those that follow. An alarm is `raised` when `evidence` reaches
    1 and stays so until the buckets speak against it (`evidence` has fallen to `alpha`).
    """

    alpha: float = ALPHA
    learn: int = 28
    least: int = 30
    ends: tuple[float, ...] = ()
    counts: tuple[int, ...] = (1,)
    bets: tuple[Bet, ...] = ()
    first: Bucket = Bucket()
    waiting: Bucket = Bucket()
    raised: bool = False

    @property
    def buckets(self) -> int:
        """How many buckets were judged or learnt from."""
        return sum(self.counts) - 1

    @property
    def evidence(self) -> float:
        """Evidence that the loss has grown, as a multiple of what is enough: 1 is an alarm."""
        later = _SPAN / (max(self.buckets - self.learn, 0) + _SPAN)
        return self.alpha * (later + sum(exp(min(bet.log_all, _LARGEST)) for bet in self.bets))

    @property
    def since(self) -> float | None:
        """The bucket where the growth began most likely; None before anything was judged."""
        return _best(self.bets).since.at if self.bets else None

    @property
    def baseline(self) -> float | None:
        """The mean loss of the version's beginning; None as long as there is none."""
        return self.first.total / self.first.n if self.first.n else None

    @property
    def recent(self) -> float | None:
        """The mean loss from `since` on; None before anything was judged."""
        if not self.bets:
            return None
        since = _best(self.bets).since
        return since.total / since.n


def step(state: Decay, mean: float, n: int, at: float | None = None) -> Decay:
    """Return the state after a bucket of `n` labels with that mean loss, in the order of time.

    `at` is what `since` calls the bucket, its beginning in seconds say; left out, its number. Raises
    ValueError when the mean is no finite number.
    """
    if n <= 0:
        return state
    if not isfinite(mean):
        raise ValueError(f"the mean loss of a bucket must be a finite number, got {mean}; leave it out")
    begins = float(state.buckets) if at is None else at
    joined = _sum(state.waiting, Bucket(begins, n, mean * n))
    if joined.n < state.least:
        return replace(state, waiting=joined)
    return _observed(replace(state, waiting=Bucket()), joined)


def together(evidences: Sequence[float]) -> float:
    """Return the evidence of several losses of one version as one: their mean, which keeps the guarantee."""
    return sum(evidences) / len(evidences) if evidences else 0.0


def restored(document: Mapping[str, Any]) -> Decay:
    """Return the state that `dataclasses.asdict` and JSON made this of; raises TypeError, KeyError."""
    plain = {key: value for key, value in document.items() if not isinstance(value, (list, tuple, dict))}
    return Decay(
        **plain,
        ends=tuple(document["ends"]),
        counts=tuple(document["counts"]),
        bets=tuple(Bet(one["log_all"], one["log_best"], Bucket(**one["since"])) for one in document["bets"]),
        first=Bucket(**document["first"]),
        waiting=Bucket(**document["waiting"]),
    )


def _observed(state: Decay, bucket: Bucket) -> Decay:
    value = _apart(bucket.total / bucket.n, state.buckets)
    gap = bisect_left(state.ends, value)
    if state.buckets < state.learn:
        return replace(_placed(state, value, gap), first=_sum(state.first, bucket))
    start = state.buckets - state.learn + 1
    weight = log(_SPAN / ((start + _SPAN - 1) * (start + _SPAN) * len(_POWERS)))
    low = sum(state.counts[:gap]) / sum(state.counts)
    high = low + state.counts[gap] / sum(state.counts)
    before = state.bets or (Bet(-inf, -inf, bucket),) * len(_POWERS)
    bets = tuple(
        _laid(bet, weight, log((high**power - low**power) / (high - low)), bucket)
        for bet, power in zip(before, _POWERS, strict=True)
    )
    after = replace(_placed(state, value, gap), bets=bets)
    return replace(after, raised=after.evidence >= 1 or (state.raised and after.evidence > state.alpha))


def _apart(mean: float, number: int) -> float:
    """Move a mean by less than anybody measures, so that hardly any two are equal."""
    mixed = (number + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return mean + (abs(mean) + 1e-6) * 1e-10 * ((mixed ^ mixed >> 31) / 2**64)


def _placed(state: Decay, value: float, gap: int) -> Decay:
    """Count a bucket in its gap; as long as there is room, it divides the gap."""
    ends, counts = state.ends, state.counts
    if len(ends) < _MOST:
        return replace(state, ends=(*ends[:gap], value, *ends[gap:]), counts=(*counts, 1))
    return replace(state, counts=(*counts[:gap], counts[gap] + 1, *counts[gap + 1 :]))


def _laid(bet: Bet, weight: float, gain: float, bucket: Bucket) -> Bet:
    top = max(bet.log_all, weight)
    log_all = top + log(exp(bet.log_all - top) + exp(weight - top)) + gain
    if weight > bet.log_best:
        return Bet(log_all, weight + gain, bucket)
    return Bet(log_all, bet.log_best + gain, _sum(bet.since, bucket))


def _sum(bucket: Bucket, later: Bucket) -> Bucket:
    return Bucket(bucket.at if bucket.n else later.at, bucket.n + later.n, bucket.total + later.total)


def _best(bets: Sequence[Bet]) -> Bet:
    return max(bets, key=lambda bet: bet.log_best)
