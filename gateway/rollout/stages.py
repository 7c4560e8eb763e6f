"""One step of a planned rollout: how long it takes, and whether a bad version is found in it or leaves it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from gateway.rollout.outlook import Ask
from gateway.rollout.prospects import Case, Stretch, meetings
from gateway.rollout.questions import Question, questions_of
from gateway.rollout.slowness import slow_parts
from gateway.rollout.starts import EPOCH
from gateway.routing.judges import Judge
from gateway.routing.plan import UNITS
from gateway.routing.rollouts import Progress, Step
from gateway.statistics.walk import Paths

APART = 37
"""How far apart the paths lie that two metrics, or two steps, take at the same time."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step, what is asked in it, and stable's part of bad events for each question.

    `rate` is that of canary and stable together, per second; `limit` the requests until `max_wait`.
    """

    place: int
    step: Step
    share: float
    rate: float
    judge: Judge
    questions: tuple[Question, ...]
    bases: tuple[float, ...]
    next_weight: int
    keyed: bool

    @property
    def least(self) -> float:
        """Requests before which the step cannot be over."""
        return self.step.seconds * self.rate

    @property
    def limit(self) -> float:
        """Requests after which the step is given up."""
        return (self.step.seconds + self.judge.max_wait) * self.rate

    @property
    def is_timed(self) -> bool:
        """Tell whether time alone ends it; nothing but a verdict gives a version everything."""
        return self.step.until == "time" and self.next_weight < UNITS

    @property
    def span(self) -> float:
        """Requests after which the judge's prior has another start."""
        return math.inf if self.keyed else EPOCH * self.rate

    def over(self, passed: float) -> float:
        """Return after how many requests it is over for a version that all judges pass by then."""
        if self.is_timed:
            return self.least
        return max(passed, self.judge.min_requests, self.least)

    def left(self, length: float) -> float:
        """Return after how many requests a version leaves the step that would need so many to pass it."""
        if self.is_timed or length <= self.limit:
            return length
        return self.limit if self.judge.then == "promote" and self.next_weight < UNITS else math.inf

    def stretch(self, requests: float, risk: float) -> Stretch:
        """Return this step as what lies behind, once it has had so many requests."""
        spans = 1 if self.keyed else math.ceil(requests / self.span)
        return Stretch(self.share, round(requests), spans, risk)


def stages_of(ask: Ask) -> tuple[Stage, ...]:
    """Return the steps below 100 % as stages."""
    return tuple(_stage(ask, place) for place in range(len(ask.steps)))


def _stage(ask: Ask, place: int) -> Stage:
    step, judge, traffic = ask.steps[place], ask.rollout.judge, ask.traffic
    progress = Progress(0, ask.canary, ask.stable, "progressing", place, ask.steps, "")
    questions = tuple(questions_of(judge, progress))
    slow = slow_parts(traffic.histogram, judge.latency) if judge.latency else ()
    errors = (traffic.error_rate,) if judge.errors else ()
    weight = step.weight / UNITS
    both = weight + (1 - weight) * traffic.stable_part
    following = ask.steps[place + 1].weight if place + 1 < len(ask.steps) else UNITS
    bases = (*errors, *slow)
    return Stage(
        place, step, weight / both, traffic.rate * both, judge, questions, bases, following, ask.keyed
    )


@lru_cache(maxsize=1024)
def _turned(paths: Paths, by: int) -> Paths:
    return paths.turned(by)


def met(
    stage: Stage, index: int, risk: float, past: tuple[Stretch, ...], paths: Paths
) -> tuple[tuple[float, float], ...]:
    """Return for each path when a question would fail a version of this risk, and when it would pass it."""
    case = Case(stage.questions[index], stage.share, stage.bases[index], risk, stage.span, past)
    return meetings(case, _turned(paths, APART * (stage.place * len(stage.questions) + index)))


def unhurt(stage: Stage, paths: Paths) -> list[tuple[float, ...]]:
    """Return for each question when it would pass a version that is no worse, path by path."""
    return [
        tuple(passes for _, passes in met(stage, index, 1.0, (), paths))
        for index in range(len(stage.questions))
    ]


def lengths(stage: Stage, paths: Paths) -> list[float]:
    """Return after how many requests the step is over for a version that is no worse, path by path."""
    passes = unhurt(stage, paths)
    return [stage.over(max(moments, default=0.0)) for moments in zip(*passes, strict=True)] or (
        [stage.over(0.0)] * len(paths.gaps)
    )


def totals(stages: Sequence[Stage], paths: Paths) -> list[float]:
    """Return the seconds until 100 % for a version that is no worse, path by path; infinity: it never is."""
    each = [[stage.left(length) / stage.rate for length in lengths(stage, paths)] for stage in stages]
    return [math.fsum(seconds) for seconds in zip(*each, strict=True)]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a bad version on one path: after how many requests it would fail, and the step end.

    Either may be infinity; what lies beyond `limit` does not happen.
    """

    fails: float
    ends: float
    limit: float

    @property
    def is_found(self) -> bool:
        """Tell whether it is failed before the step is over."""
        return self.fails <= min(self.ends, self.limit)

    @property
    def goes_on(self) -> bool:
        """Tell whether it leaves the step for the next one."""
        return self.ends < self.fails and self.ends <= self.limit

    @property
    def stays(self) -> float:
        """Requests that it sees in this step."""
        return min(self.fails, self.ends, self.limit)


def fates(stage: Stage, risks: dict[int, float], past: tuple[Stretch, ...], paths: Paths) -> list[Fate]:
    """Return what becomes of a version that is worse in the questions named, by how many times."""
    passes = unhurt(stage, paths)
    fails = [math.inf] * len(paths.gaps)
    for index, risk in risks.items():
        moments = met(stage, index, risk, past, paths)
        fails = [min(one, other) for one, (other, _) in zip(fails, moments, strict=True)]
        passes[index] = tuple(passed for _, passed in moments)
    ends = [stage.over(max(moments)) for moments in zip(*passes, strict=True)]
    limit = math.inf if stage.is_timed else stage.limit
    return [Fate(*both, limit) for both in zip(fails, ends, strict=True)]


def with_steps(ask: Ask, weights: tuple[int, ...]) -> Ask:
    """Return the same question for other steps, each until its verdict."""
    steps = tuple(Step(weight) for weight in (*weights, UNITS))
    return replace(ask, rollout=replace(ask.rollout, steps=steps))
