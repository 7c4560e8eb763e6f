"""Evidence that holds however often it is looked at: how much worse one version fails than another.

**The bet.** For each bad event let w be the canary's share at that moment. If its relative risk is r, the
event is the canary's with probability θ(r) = w r / (w r + 1 − w), whatever the rate of bad events is just
then: so an incident that hits both versions says nothing. The likelihood ratio against r0 of any mixture of
alternatives r is a nonnegative martingale that starts at 1, so by Ville's inequality (Ville 1939, *Étude
critique de la notion de collectif*) it ever reaches 1/α with probability α at most: an e-process.
Conditioning on the event, and the mixture: Lindon & Malek, *Anytime-Valid Inference for Multinomial Count
Data* (NeurIPS 2022); on deployments: Lindon, Sanden & Shirikian, *Rapid Regression Detection in Software
Deployments through Sequential Testing* (KDD 2022). Within a stretch of one share only counts are needed.

**Every r ≤ r0 at once.** The alternatives lie above r0, so each factor grows with an event of the canary's
and shrinks with one of stable's. For r < r0 the canary's are rarer, hence the expected factor is below 1.

**Mixture over starts.** A version that turns bad late has gathered evidence in its favour that would have to
be outweighed first. So the evidence is E = Σ 1/(j(j+1)) E_j, where E_j looks at nothing before stretch j and
is 1 until then. Each E_j is an e-process, the prior weights are fixed beforehand and add up to 1 (those of
starts still to come add up to 1/(J+1)), and an average of e-processes is one. This is the idea of
Shiryaev-Roberts detectors (Shin, Ramdas & Rinaldo, *E-detectors*, 2023), normalised so as to stay one test.

**Users who stick to a version.** A user's bad events are not independent, so of each only the first counts.
Whose it is then depends on the user's place alone. For r = 1 the test is exact: the time of the first bad
event has nothing to do with the place, so at share w it is the canary's with probability w. A chain that
starts later counts the first since then, hence some users again: each is a fair game, but not one in common
with the others. So of those the largest counts: that weight_j E_j reaches 1/α has probability α weight_j at
most, and the weights add up to 1. For r < 1 let
the same users have the same places and let a better version put off the bad events of its users. Each
counts once, with a gain that falls as the share grows (ln θ(r)/θ(1) does): as long as the share never falls,
being put off can only lower it, or take the event away, and stable's users lose the same as before. So the
evidence is, path by path, at most what it is at r = 1. Where the share falls, a chain has to end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, inf, log, log1p

Entry = tuple[float, float, int, int]
"""One stretch as one chain of evidence sees it: the prior weight of starting here, the canary's share, and
the bad events of the canary and of stable."""

Chain = tuple[Entry, ...]
"""Stretches one after another; a start weighs in all that follow it within its chain."""


@dataclass(frozen=True, slots=True, eq=False)
class Alternatives:
    """A relative risk to refute (`null`), and those to refute it with, as multiples of it.

    Compared by identity, which makes it a cheap key of tables.
    """

    null: float
    multiples: tuple[float, ...]


def spread(low: float, high: float, count: int) -> tuple[float, ...]:
    """Return `count` numbers from `low` to `high`, evenly in their logarithm."""
    ratio = log(high / low) / (count - 1)
    return tuple(low * exp(ratio * place) for place in range(count))


_NEGLIGIBLE = 50.0  # e^-50 beside 1 changes no double, many times over

_HIGHER = spread(1.1, 20.0, 40)
_LOWER = tuple(1.0 / multiple for multiple in _HIGHER)
_GOOD = (0.5, 0.7, 0.85, 1.0)
_OTHER = (*spread(1.1, 8.0, 10), *(1.0 / multiple for multiple in spread(1.1, 8.0, 10)))


@lru_cache(maxsize=4096)
def worse_than(null: float) -> Alternatives:
    """Return the alternatives to "the relative risk is `null` at most"."""
    return Alternatives(null, _HIGHER)


@lru_cache(maxsize=4096)
def better_than(null: float) -> Alternatives:
    """Return the alternatives to "the relative risk is `null` at least"."""
    return Alternatives(null, _LOWER)


@lru_cache(maxsize=256)
def good_against(margin: float) -> Alternatives:
    """Return the alternatives to "the relative risk is `margin` (above 1) at least" for a version about as
    good as stable: the mirror image, with few alternatives, for what passes is known beforehand."""
    return Alternatives(margin, tuple(risk / margin for risk in _GOOD))


OTHERWISE = Alternatives(1.0, _OTHER)
"""Against "just as often": more often and less often."""


def log_evidence(
    chains: Sequence[Chain], rest: float, against: Alternatives, *, apart: bool = False
) -> float:
    """Return the natural logarithm of the evidence against `against.null`, the mean over the alternatives.

    `rest` is the prior weight of starts still to come; with those in the chains it adds up to 1. `apart`: the
    chains are games of their own, so the largest counts and not their sum.
    """
    weighed = []
    for chain in chains:
        if chain:
            weight, share, canary, stable = chain[-1]
            weighed.append(_after(_before(chain[:-1], weight, against), share, canary, stable, against))
    if apart:
        return max(map(log_sum, weighed), default=0.0)
    values = [log(rest)] if rest > 0.0 else []
    for found in weighed:
        values += found
    return log_sum(values)


def log_sum(values: Sequence[float]) -> float:
    """Return the logarithm of a sum whose terms are given by theirs, without overflow."""
    top = max(values, default=-inf)
    if top == -inf:
        return -inf
    least = top - _NEGLIGIBLE
    return top + log(sum([exp(value - top) for value in values if value >= least]))


@lru_cache(maxsize=2048)
def _before(chain: Chain, weight: float, against: Alternatives) -> list[float]:
    """Per alternative: what stretches that are over have come to, with the prior `weight` of a start in the
    next one. Only that one still moves."""
    so_far = [-inf] * len(against.multiples)
    for entering, share, canary, stable in chain:
        so_far = _after(_joined(so_far, entering), share, canary, stable, against)
    return _joined(so_far, weight)


def _after(so_far: list[float], share: float, canary: int, stable: int, against: Alternatives) -> list[float]:
    canary_gains, stable_gains = gains(share, against)
    return [
        value + canary * gain + stable * loss
        for value, gain, loss in zip(so_far, canary_gains, stable_gains, strict=True)
    ]


def _joined(values: list[float], weight: float) -> list[float]:
    """Share a prior weight out among the alternatives, beside what they have come to."""
    if weight <= 0.0:
        return values
    added = log(weight / len(values))
    if values[0] == -inf:  # nothing came before
        return [added] * len(values)
    return [
        value + log1p(exp(added - value)) if value > added else added + log1p(exp(value - added))
        for value in values
    ]


@lru_cache(maxsize=2048)
def gains(share: float, against: Alternatives) -> tuple[list[float], list[float]]:
    """What a bad event of the canary, and one of stable, adds to each alternative's log-likelihood ratio.

    With odds o = w r0 / (1 − w) and an alternative m r0: θ = o m / (1 + o m) against o / (1 + o). A share of
    nothing or everything compares nothing.
    """
    if not 0.0 < share < 1.0:
        return [0.0] * len(against.multiples), [0.0] * len(against.multiples)
    odds = against.null * share / (1.0 - share)
    base = log1p(odds)
    stable = [base - log1p(odds * multiple) for multiple in against.multiples]
    canary = [log(multiple) + loss for multiple, loss in zip(against.multiples, stable, strict=True)]
    return canary, stable
