"""The judge's tests seen beforehand: after how many events on either side each of them reaches its bar.

The evidence of a likelihood-ratio test depends on nothing but how many events fell to the canary and how many
to stable. So its bar is a boundary, and what can happen to a rollout is a walk that meets it, see
`gateway.statistics.walk`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from gateway.statistics.bounds import RATE_PRIOR
from gateway.statistics.sequential import Alternatives, Chain, gains, log_evidence

NEAR, TRIES = 1e-3, 60
FARTHEST = 1e9
COARSE = 8
"""Boundaries are computed at every stride up to this many, then at ever wider distances."""
IMPOSSIBLE = -1e9
"""The logarithm of next to nothing; unlike that of nothing it can be multiplied by 0."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """A weighted sum of likelihood ratios: log E(c, s) = log sum of exp(prior + c * inside + s * outside).

    c events fell to the canary, s to stable. `still` is evidence that no event changes: the part that waits
    for a later start. `bar` is where the test decides. All are natural logarithms.
    """

    priors: tuple[float, ...]
    inside: tuple[float, ...]
    outside: tuple[float, ...]
    bar: float
    still: float = -math.inf

    def evidence(self, canary: float, stable: float) -> tuple[float, float, float]:
        """Return log E, and how it changes with one more event of the canary, and of stable."""
        rows = zip(self.priors, self.inside, self.outside, strict=True)
        parts = [prior + canary * inside + stable * outside for prior, inside, outside in rows]
        top = max(*parts, self.still)
        masses = [math.exp(part - top) for part in parts]
        total = sum(masses) + math.exp(self.still - top)
        by_canary = sum([m * gain for m, gain in zip(masses, self.inside, strict=True)]) / total
        by_stable = sum([m * gain for m, gain in zip(masses, self.outside, strict=True)]) / total
        return top + math.log(total), by_canary, by_stable


def risk_test(chain: Chain, rest: float, against: Alternatives, alpha: float) -> Mixture:
    """Return the test of a relative risk in the last stretch of `chain`, after what those before it showed.

    That stretch has no event yet. `rest` is the prior weight of starts still to come.
    """
    inside, outside = gains(chain[-1][1], against)
    equal = math.log(len(against.multiples))
    priors = tuple(log_evidence((chain,), 0.0, single) - equal for single in _singles(against))
    return Mixture(
        priors, tuple(inside), tuple(outside), -math.log(alpha), math.log(rest) if rest > 0 else -math.inf
    )


def rate_test(acceptable: float, alpha: float) -> Mixture:
    """Return the test of the canary's own rate; what stands for stable's events are its good requests."""
    base = math.log1p(-acceptable)
    return Mixture(
        tuple(math.log(weight) for _, weight in RATE_PRIOR),
        tuple(math.log(part) if part else IMPOSSIBLE for part, _ in RATE_PRIOR),
        tuple(math.log1p(-part * acceptable) - base for part, _ in RATE_PRIOR),
        -math.log(alpha),
    )


@lru_cache(maxsize=1024)
def _singles(against: Alternatives) -> tuple[Alternatives, ...]:
    return tuple(Alternatives(against.null, (multiple,)) for multiple in against.multiples)


def mean_path(test: Mixture, odds: float) -> float:
    """Return after how many of the canary's events the mean path reaches the bar; infinity: never.

    `odds` are stable's events for each of the canary's.
    """
    _, by_canary, by_stable = test.evidence(FARTHEST, FARTHEST * odds)
    if by_canary + odds * by_stable <= 0:
        return math.inf
    at = FARTHEST  # log E is convex along the path, so tangents from beyond the bar never pass it
    for _ in range(TRIES):
        value, by_canary, by_stable = test.evidence(at, at * odds)
        step = (value - test.bar) / (by_canary + odds * by_stable)
        at -= step
        if step < NEAR * at:
            break
    return max(at, 1.0)


def boundary(test: Mixture, canary: float, start: float) -> float:
    """Return how many events of stable put log E at the bar, once the canary has had `canary`.

    Where events of stable speak against the bar that is the most there may be, and negative if there is no
    way yet; where they speak for it, the least there must be. `start` is a guess.
    """
    at = start
    for _ in range(TRIES):
        value, _, by_stable = test.evidence(canary, at)
        if by_stable == 0:
            return math.inf
        step = (test.bar - value) / by_stable
        at += step
        if abs(step) < NEAR * (1 + abs(at)):
            return at
    return at


def boundaries(test: Mixture, stride: int, count: int, first: int = 0) -> list[float]:
    """Return the boundary after `first`, `first + 1` ... strides of the canary's events, `count` of them.

    It is all but straight over a short way, so further out it is drawn from point to point.
    """
    found: list[float] = []
    value, place = boundary(test, first * stride, 0.0), first
    while len(found) < count:
        ahead = place + max(1, place // COARSE)
        following = boundary(test, ahead * stride, value)
        slope = (following - value) / (ahead - place)
        found += [value + slope * step for step in range(ahead - place)]
        value, place = following, ahead
    return found[:count]
