"""Bounds that hold at all times: of a rate, and of a relative risk by turning its tests round.

A bound is where a test no longer refutes. What is refuted is refuted further out as well, since every test
here is monotone, so a bound is found by halving. Grids go by 1 %; bounds are rounded away from the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, log1p

from gateway.statistics.sequential import Chain, better_than, log_evidence, log_sum, worse_than

_STEP = 1.01
_FURTHEST = 700  # a relative risk from 1/1,057 to 1,057

RATE_PRIOR = ((0.0, 0.99), (0.1, 0.002), (0.2, 0.002), (0.35, 0.002), (0.5, 0.002), (0.7, 0.002))
"""Alternatives to "the rate is `bar` at least" as fractions of it, with their prior weights.

Nearly all is on no bad event at all: that is what an absolute bar is for, and it makes 599 good requests of
599 enough for 0.5 % at α = 5 %, hardly more than the 598 that no test can do without.
"""


def log_rate_evidence(bad: int, requests: int, bar: float) -> float:
    """Return the logarithm of the evidence against "at least the fraction `bar` of requests is bad".

    A mixture of likelihood ratios, which is betting with few fixed stakes: Waudby-Smith & Ramdas, *Estimating
    Means of Bounded Random Variables by Betting* (JRSS B, 2024). A bar of nothing or everything: no evidence.
    """
    if not 0.0 < bar < 1.0:
        return 0.0
    good, base = max(0, requests - bad), log1p(-bar)
    return log_sum(
        [
            log(weight) + (bad * log(part) if bad else 0.0) + good * (log1p(-part * bar) - base)
            for part, weight in RATE_PRIOR
            if part or not bad
        ]
    )


def lower_risk(chains: Sequence[Chain], rest: float, log_bar: float, *, apart: bool = False) -> float | None:
    """Return the largest relative risk that the evidence shows to be surpassed; None where it shows none.

    It is 1 at least exactly when the evidence against "no worse" has reached the bar. Monotone: each
    alternative's log-likelihood ratio against r0 falls as r0 grows, the log-likelihood being concave in ln r.
    """

    def surpassed(place: int) -> bool:
        return log_evidence(chains, rest, worse_than(_risk(place)), apart=apart) >= log_bar

    found = _last_true(surpassed, -_FURTHEST, _FURTHEST)
    return None if found is None else _risk(found)


def upper_risk(chains: Sequence[Chain], rest: float, log_bar: float, *, apart: bool = False) -> float | None:
    """Return the least relative risk that the evidence shows not to be reached; None where it shows none."""

    def unreached(place: int) -> bool:
        return log_evidence(chains, rest, better_than(_risk(-place)), apart=apart) >= log_bar

    found = _last_true(unreached, -_FURTHEST, _FURTHEST)
    return None if found is None else _risk(-found)


def _risk(place: int) -> float:
    return float(_STEP**place)


def _last_true(holds: Callable[[int], bool], first: int, last: int) -> int | None:
    """Return the last place where it holds, given that it holds up to some place and not beyond."""
    if not holds(first):
        return None
    if holds(last):
        return last
    while last - first > 1:
        middle = (first + last) // 2
        if holds(middle):
            first = middle
        else:
            last = middle
    return first
