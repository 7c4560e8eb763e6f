"""One metric in one step, before it happens: when the judge's tests would fail a version, and when pass it.

The tests are the judge's own: its questions (margins, bars, the split of α), its alternatives, its prior over
starts. What is new here is the traffic, which is assumed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from gateway.rollout.questions import Question
from gateway.rollout.starts import MOST
from gateway.statistics.power import Mixture, boundaries, mean_path, rate_test, risk_test
from gateway.statistics.sequential import Chain, Entry, good_against, worse_than
from gateway.statistics.walk import LENGTH, Paths, between, first_good, first_worse, pace, requests_for

EARLY = 0.25
"""A later start within this part of the way to a verdict has all but the evidence of the first."""
ALIKE = 4.0
MOST_RISKY = 0.95
"""No version fails more often than this, however many times as often as stable it is said to."""


def failing(base: float, risk: float) -> float:
    """Return which fraction of a version's answers is bad, if of stable's `base` is."""
    return max(base, min(base * risk, MOST_RISKY))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A step that is over: the canary's share, the requests, in how many spans, how bad the canary was."""

    share: float
    requests: int
    spans: int
    risk: float = 1.0


@dataclass(frozen=True, slots=True)
class Case:
    """One metric in one step. `base`: the fraction of stable's answers that are bad; `risk`: how many times
    as often the canary's are. `span`: requests after which the judge's prior has another start."""

    question: Question
    share: float
    base: float
    risk: float
    span: float = math.inf
    past: tuple[Stretch, ...] = ()

    @property
    def own(self) -> float:
        """The fraction of the canary's answers that are bad."""
        return failing(self.base, self.risk)

    @property
    def rate(self) -> float:
        """Bad events per request of canary and stable together."""
        return self.base * (1 - self.share) + self.own * self.share

    @property
    def odds(self) -> float:
        """Stable's bad events for each of the canary's."""
        return self.base * (1 - self.share) / (self.own * self.share)


@lru_cache(maxsize=4096)
def meetings(case: Case, paths: Paths) -> tuple[tuple[float, float], ...]:
    """Return for each path after how many requests the version would fail, and after how many it would pass.

    Each as if the other did not end it; infinity: not on this path.
    """
    worse, ratio = _worse(case), _ratio(case)
    to_fail, to_pass = mean_path(worse, case.odds), mean_path(ratio, case.odds)
    if to_fail < to_pass * ALIKE and to_pass < to_fail * ALIKE:
        to_fail = to_pass = max(to_fail, to_pass)  # the same strides, so that either race is run on one path
    elif to_pass == math.inf:
        to_pass = to_fail
    return tuple(
        zip(_failing(case, worse, to_fail, paths), _passing(case, ratio, to_pass, paths), strict=True)
    )


def _failing(case: Case, test: Mixture, mean: float, paths: Paths) -> list[float]:
    if mean == math.inf:
        return [math.inf] * len(paths.gaps)
    stride, count = pace(mean)
    most, odds, rate = boundaries(test, stride, count, 1), case.odds, case.rate
    return [
        requests_for(first_worse(between(gaps, stride, odds), most, stride), rate, noise)
        for gaps, noise in zip(paths.gaps, paths.noise, strict=True)
    ]


def _passing(case: Case, test: Mixture, mean: float, paths: Paths) -> list[float]:
    """Return after how many requests either bar passes it: beside stable, or by its own rate."""
    stride, count = pace(mean if mean < math.inf else 1.0)
    least, odds, rate = boundaries(test, stride, count), case.odds, case.rate
    found = [
        requests_for(first_good(between(gaps, stride, odds), least, stride), rate, noise)
        for gaps, noise in zip(paths.gaps, paths.noise, strict=True)
    ]
    absolute = _absolute(case)
    if absolute is None:
        return found
    good_odds = (1 - case.own) / case.own
    stride, count = pace(min(mean_path(absolute, good_odds), mean, LENGTH))
    least = boundaries(absolute, stride, count)
    alone = [first_good(between(gaps, stride, good_odds), least, stride) for gaps in paths.gaps]
    return [min(one, other / case.share) for one, other in zip(found, alone, strict=True)]


def _worse(case: Case) -> Mixture:
    """Return the test that fails a version, with the starts that lie early in the step put at its begin."""
    first = _worse_with(case, 1.0)
    events = mean_path(first, case.odds) * (1 + case.odds)
    starts = 1.0 + (events / case.rate / case.span * EARLY if events < math.inf else 0.0)
    return first if starts < 2 else _worse_with(case, starts)


def _worse_with(case: Case, starts: float) -> Mixture:
    past, before = _before(case.past, case.base)
    weight = 1 / (before + 1) - 1 / (before + 1 + starts)
    chain = (*past, (weight, case.share, 0, 0))
    return risk_test(chain, 1 / (before + 1 + starts), worse_than(1.0), case.question.alpha)


@lru_cache(maxsize=256)
def _before(past: tuple[Stretch, ...], base: float) -> tuple[Chain, int]:
    """Return the steps before as the test sees them at their mean, and how many spans they are."""
    total = sum(stretch.spans for stretch in past)
    entries: list[Entry] = []
    for stretch in past:
        spans = max(1, round(stretch.spans * min(1.0, MOST * 0.75 / max(total, 1))))
        own = failing(base, stretch.risk)
        canary, stable = stretch.requests * stretch.share * own, stretch.requests * (1 - stretch.share) * base
        for number in range(spans):
            place = len(entries)
            weight = 1 / ((place + 1) * (place + 2))
            entries.append(
                (weight, stretch.share, _part(canary, number, spans), _part(stable, number, spans))
            )
    return tuple(entries), len(entries)


def _part(total: float, number: int, of: int) -> int:
    return round(total * (number + 1) / of) - round(total * number / of)


def _ratio(case: Case) -> Mixture:
    alone = ((1.0, case.share, 0, 0),)
    return risk_test(alone, 0.0, good_against(case.question.margin), _pass_alpha(case.question))


def _absolute(case: Case) -> Mixture | None:
    if not case.question.acceptable:
        return None
    return rate_test(case.question.acceptable, _pass_alpha(case.question))


def _pass_alpha(question: Question) -> float:
    return math.exp(-question.good_bar)
