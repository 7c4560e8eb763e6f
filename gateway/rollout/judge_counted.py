"""Judges one metric that is counted in bad events: errors, or answers slower than a frozen threshold."""

from __future__ import annotations

from dataclasses import replace
from math import log

from gateway.rollout.chains import (
    bad_events,
    bad_of,
    drawn,
    has_keys,
    independent,
    relative_risk,
    requests_of,
    starting_anywhere,
)
from gateway.rollout.questions import Question, Scene
from gateway.rollout.verdict import MetricVerdict, Outcome
from gateway.statistics.bounds import log_rate_evidence, lower_risk, upper_risk
from gateway.statistics.needed import requests_needed
from gateway.statistics.sequential import good_against, log_evidence, log_sum, worse_than


def weigh_counted(question: Question, scene: Scene) -> MetricVerdict:
    """Return outcome, evidence and counts, without sentence, interval and estimate."""
    worse = good = 0.0
    if question.threshold != 0:
        chains, rest = starting_anywhere(scene.spans, question.index)
        worse = log_evidence(chains, rest, worse_than(1.0), apart=has_keys(scene.spans))
        good = max(ratio_evidence(question, scene), absolute_evidence(question, scene))
    canary_bad, stable_bad = bad_events(scene.spans, question.index)
    return MetricVerdict(
        name=question.name,
        outcome=_outcome(question, scene, worse, good),
        sentence="",
        canary_requests=scene.canary,
        stable_requests=scene.stable,
        canary_bad=canary_bad,
        stable_bad=stable_bad,
        worse=worse,
        worse_bar=question.worse_bar,
        good=good,
        good_bar=question.good_bar,
        alpha=question.alpha,
    )


def _outcome(question: Question, scene: Scene, worse: float, good: float) -> Outcome:
    if worse >= question.worse_bar:
        return "fail"
    return "pass" if scene.is_enough and good >= question.good_bar else "inconclusive"


def ratio_evidence(question: Question, scene: Scene) -> float:
    """Return the logarithm of the evidence of this step against "too bad beside stable"."""
    groups, rest = independent(scene.here)
    chains = [drawn(group, question.index) for group in groups]
    return log_evidence(chains, rest, good_against(question.margin), apart=has_keys(scene.here))


def absolute_evidence(question: Question, scene: Scene) -> float:
    """Return the logarithm of the evidence of this step against "too bad, whatever stable does"."""
    if not question.acceptable:
        return 0.0
    groups, rest = independent(scene.here)
    terms = [log(rest)] if rest else []
    for weight, spans in groups:
        bad = sum([bad_of(span.canary, question.index) for span in spans])
        requests = sum([span.canary.requests for span in spans])
        terms.append(log(weight) + log_rate_evidence(bad, requests, question.acceptable))
    return max(terms) if has_keys(scene.here) else log_sum(terms)


def measured(question: Question, scene: Scene, weighed: MetricVerdict) -> MetricVerdict:
    """Add effect, interval and the requests that are still needed.

    Each end of the interval holds at all times with probability 1 − α of this metric, both together with
    1 − 2α. The lower one is 1 at least exactly where the version fails. The upper one takes the relative risk
    to have been the same all along; where the two contradict that, it is left out.
    """
    if question.threshold == 0:
        return weighed
    groups, left = independent(scene.spans)
    apart = has_keys(scene.spans)
    low = lower_risk(*starting_anywhere(scene.spans, question.index), question.worse_bar, apart=apart)
    drawings = [drawn(group, question.index) for group in groups]
    high = upper_risk(drawings, left, question.worse_bar, apart=apart)
    if low is not None and high is not None and high <= low:
        high = None
    effect = relative_risk(scene.spans, question.index)
    return replace(weighed, effect=effect, low=low, high=high, needed=_needed(question, scene, weighed))


def _needed(question: Question, scene: Scene, weighed: MetricVerdict) -> int | None:
    if weighed.outcome in ("pass", "fail"):
        return 0 if weighed.outcome == "pass" else None
    canary, stable = requests_of(scene.here)
    if not canary or not stable:
        return None
    bad = bad_events(scene.here, question.index)
    return requests_needed(
        requests=(canary, stable),
        bad=bad,
        share=scene.here[-1].share,
        against=good_against(question.margin),
        acceptable=question.acceptable,
        bar=question.good_bar,
        least=scene.min_requests,
    )
