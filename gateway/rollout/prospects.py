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
from gateway.statistics.walk import Paths, between, first_good, first_worse, pace, requests_for

EARLY = 0.25
"""A later start within this part of the way to a verdict has all but the evidence of the first."""
MOST_RISKY = 0.95
"""No version fails more often than this, however many times as often as stable it is said to."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A step that is over: the canary's share, its requests, in how many spans, and how bad the canary was."""

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
        return max(self.base, min(self.base * self.risk, MOST_RISKY))

    @property
    def rate(self) -> float:
        """Bad events per request of canary and stable together."""
        return self.base * (1 - self.share) + self.own * self.share

    @property
    def odds(self) -> float:
        """Stable's bad events for each of the canary's."""
        return self.base * (1 - self.share) / (self.own * self.share)


def meetings(case: Case, paths: Paths) -> list[tuple[float, float]]:
    """Return for each path after how many requests the version would fail, and after how many it would pass.

    Each as if the other did not end it; infinity: not on this path.
    """
    worse, ratio, absolute = _worse(case), _ratio(case), _absolute(case)
    means = [mean_path(test, case.odds) for test in (worse, ratio)]
    stride, count = pace(max([mean for mean in means if mean < math.inf], default=1.0))
    most = boundaries(worse, stride, count, 1)
    least = boundaries(ratio, stride, count)
    good_odds = (1 - case.own) / case.own
    least_good = boundaries(absolute, stride, count) if absolute else []
    found = []
    for gaps, noise in zip(paths.gaps, paths.noise, strict=True):
        steps = between(gaps, stride, case.odds)
        fails = requests_for(first_worse(steps, most, stride), case.rate, noise)
        passes = requests_for(first_good(steps, least, stride), case.rate, noise)
        if absolute:
            good = first_good(between(gaps, stride, good_odds), least_good, stride)
            passes = min(passes, good / case.share)
        found.append((fails, passes))
    return found


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
        own = min(base * stretch.risk, MOST_RISKY)
        canary, stable = stretch.requests * stretch.share * own, stretch.requests * (1 - stretch.share) * base
        for number in range(spans):
            place = len(entries)
            weight = 1 / ((place + 1) * (place + 2))
            entries.append((weight, stretch.share, _part(canary, number, spans), _part(stable, number, spans)))
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
