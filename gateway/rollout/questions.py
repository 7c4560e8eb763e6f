"""What a judge asks of a version at one step: bars and margins as numbers, and the evidence they apply to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log

from gateway.rollout.chains import has_keys, requests_of
from gateway.rollout.evidence import Evidence, Span
from gateway.routing.judges import Judge
from gateway.routing.plan import UNITS
from gateway.routing.rollouts import Progress

_MOST_ACCEPTABLE = 0.5


@dataclass(frozen=True, slots=True)
class Question:
    """One metric counted in bad events; `index` is its place in `Counts.bad`.

    `alpha` bounds taking back a version that is no worse, `pass_alpha` passing one that is too bad.
    `margin` is the relative risk and `acceptable` the rate (0: none) too bad for the next step, which gives
    the fraction `next_share`. `threshold` is in microseconds: None for errors, 0 while it is not known.
    """

    name: str
    index: int
    alpha: float
    pass_alpha: float
    margin: float
    acceptable: float
    next_share: float
    threshold: int | None = None

    @property
    def worse_bar(self) -> float:
        """The logarithm of the evidence that fails the version."""
        return log(1.0 / self.alpha)

    @property
    def good_bar(self) -> float:
        """The logarithm of the evidence, by either bar where there are two, that passes it."""
        return log((2.0 if self.acceptable else 1.0) / self.pass_alpha)


@dataclass(frozen=True, slots=True)
class Scene:
    """The evidence, cut to what is asked: all spans, those of this step, and their requests."""

    spans: tuple[Span, ...]
    here: tuple[Span, ...]
    canary: int
    stable: int
    canary_here: int
    stable_here: int
    min_requests: int

    def of(self, question: Question) -> Scene:
        """Return the scene as one question sees it: of latency only what was timed counts."""
        if question.threshold is None or all(span.timed for span in self.spans):
            return self
        spans = tuple([span for span in self.spans if span.timed])
        here = tuple([span for span in self.here if span.timed])
        return Scene(spans, here, *requests_of(spans), *requests_of(here), self.min_requests)

    @property
    def counts(self) -> str:
        """What is counted: `users` where each counts once in a step, else `requests`."""
        return "users" if has_keys(self.spans) else "requests"

    @property
    def is_enough(self) -> bool:
        """Tell whether this step has had the requests without which nothing passes."""
        return self.canary_here > 0 and self.canary_here + self.stable_here >= self.min_requests


def scene_of(spec: Judge, progress: Progress, evidence: Evidence) -> Scene:
    """Return the evidence as it looks from the step that is under way."""
    spans = evidence.spans
    here = tuple([span for span in spans if span.step == progress.step])
    return Scene(spans, here, *requests_of(spans), *requests_of(here), spec.min_requests)


def next_share(progress: Progress) -> float:
    """Return the fraction of the route's requests that the next step gives; after the last one, all."""
    following = progress.step + 1
    weight = progress.steps[following].weight if following < len(progress.steps) else UNITS
    return max(1, weight) / UNITS


def questions_of(spec: Judge, progress: Progress) -> list[Question]:
    """Return what is asked of errors and of each latency quantile, α split over them.

    Errors have one half and the quantiles share the other; where one is not judged the other has all. Where
    labels are judged they have half of everything (`gateway.rollout.labelled`). At
    less than all of the traffic a step may cost what a version at the margin would cost at 100 %, so margins
    widen and the acceptable rate grows as shares get smaller. Beyond its q-quantile stable had 1 − q of its
    answers, so of latency `margin` times that is acceptable.
    """
    share, asked = next_share(progress), []
    whole = spec.alpha / 2 if spec.labels else spec.alpha
    quantiles = spec.latency.quantiles if spec.latency else ()
    if spec.errors:
        alpha = whole / 2 if quantiles else whole
        acceptable = min(spec.errors.acceptable_rate / share, _MOST_ACCEPTABLE)
        margin = _scaled(spec.errors.margin, share)
        asked.append(Question("errors", 0, alpha, spec.alpha, margin, acceptable, share))
    for place, quantile in enumerate(quantiles):
        assert spec.latency
        alpha = whole / (2 if spec.errors else 1) / len(quantiles)
        known = progress.thresholds[place] if place < len(progress.thresholds) else 0
        margin = _scaled(spec.latency.margin, share)
        name = latency_name(quantile)
        # Where stable's latencies lie closely together hardly any is beyond a threshold, in either version.
        acceptable = min((1.0 - quantile) * margin, _MOST_ACCEPTABLE)
        asked.append(Question(name, place + 1, alpha, spec.alpha, margin, acceptable, share, known))
    return asked


@lru_cache(maxsize=64)
def latency_name(quantile: float) -> str:
    """Return what a latency quantile is called: `latency p95`."""
    return f"latency p{round(quantile * 100, 6):g}"


def _scaled(margin: float, share: float) -> float:
    return 1.0 + (margin - 1.0) / share
