"""A verdict in one sentence that a person woken at night understands: who, how much, compared with what."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from gateway.rollout import wording
from gateway.rollout.chains import bad_events, has_keys, heads, relative_risk, requests_of, starting_at
from gateway.rollout.evidence import Evidence, Span
from gateway.rollout.judge_counted import absolute_evidence, ratio_evidence
from gateway.rollout.judge_outputs import bins_evidence, compared, moved
from gateway.rollout.questions import Question, Scene
from gateway.rollout.verdict import MetricVerdict
from gateway.routing.judges import Judge
from gateway.routing.rollouts import Progress
from gateway.statistics.sequential import log_evidence, worse_than

_MOST_BINS = 3


def counted_sentence(question: Question, scene: Scene, progress: Progress, metric: MetricVerdict) -> str:
    """Return the sentence on errors or a latency quantile."""
    if metric.outcome == "fail":
        return _fail_sentence(question, scene, progress, metric)
    if question.threshold == 0:
        return (
            f"{question.name} is not judged yet: {progress.stable} has not shown enough answers of its own "
            "to tell what is slow"
        )
    if not scene.canary_here or (metric.good >= question.good_bar and not scene.is_enough):
        return too_early_sentence(progress, scene)
    if metric.outcome == "pass":
        return _pass_sentence(question, scene, progress)
    return _open_sentence(question, scene, progress, metric)


def _fail_sentence(question: Question, scene: Scene, progress: Progress, metric: MetricVerdict) -> str:
    start = _deciding_start(question, scene)
    spans = scene.spans[start:]
    since = _since(scene.spans, start)
    said = _keys_compared if has_keys(spans) else _compared
    return (
        f"{said(question, spans, progress)}{since}{_ratio(question, spans, metric)}; evidence "
        f"{wording.odds(metric.worse)}, {wording.odds(question.worse_bar)} is enough to take it back"
    )


def _since(spans: Sequence[Span], start: int) -> str:
    if not start:
        return ""
    if spans[start].share == spans[start - 1].share:
        return " lately"
    return f" since it was given {wording.share(spans[start].share)} of the traffic"


def _deciding_start(question: Question, scene: Scene) -> int:
    """Return the span from which on the evidence is strongest."""

    def strength(start: int) -> float:
        chain = starting_at(scene.spans, start, question.index)
        return log_evidence([chain], 0.0, worse_than(1.0))

    return max(range(len(scene.spans)), key=strength)


def _ratio(question: Question, spans: Sequence[Span], metric: MetricVerdict) -> str:
    effect = relative_risk(spans, question.index)
    parts = [f"{wording.times(effect)} times as often"] if effect is not None else []
    if metric.low is not None and (effect is None or metric.low <= effect):
        parts.append(f"at least {wording.at_least(metric.low)} times" + ("" if parts else " as often"))
    return ": " + ", ".join(parts) if parts else ""


def _compared(question: Question, spans: Sequence[Span], progress: Progress) -> str:
    canary, stable = requests_of(spans)
    canary_bad, stable_bad = bad_events(spans, question.index)
    counts = "users" if has_keys(spans) else "requests"
    if question.threshold is None:
        verb = "fails "
    else:
        verb = f"takes more than {wording.milliseconds(question.threshold)} for "
    return (
        f"{progress.canary} {verb}{wording.rate(canary_bad, canary, counts)} and "
        f"{progress.stable} {wording.brief_rate(stable_bad, stable)}"
    )


def _keys_compared(question: Question, spans: Sequence[Span], progress: Progress) -> str:
    entries = [entry for chain in heads(spans, question.index) for entry in chain]
    canary, stable = sum(entry[2] for entry in entries), sum(entry[3] for entry in entries)
    expected = sum(entry[1] * (entry[2] + entry[3]) for entry in entries)
    what = "failed" if question.threshold is None else f"took over {wording.milliseconds(question.threshold)}"
    return (
        f"of {canary + stable:,} keys with an answer that {what} {canary:,} are with {progress.canary}, "
        f"where its share of the traffic would make it {expected:,.0f}"
    )


def _pass_sentence(question: Question, scene: Scene, progress: Progress) -> str:
    ratio, absolute = ratio_evidence(question, scene), absolute_evidence(question, scene)
    if ratio >= absolute:
        than = f"less than {wording.times(question.margin)} times as often"
    else:
        than = f"less than {wording.percent(question.acceptable)} of all its {scene.counts}"
    return (
        f"good enough for {wording.share(question.next_share)}: {_compared(question, scene.here, progress)}; "
        f"{than} by evidence of {wording.odds(max(ratio, absolute))}, "
        f"{wording.odds(question.good_bar)} is enough"
    )


def _open_sentence(question: Question, scene: Scene, progress: Progress, metric: MetricVerdict) -> str:
    if metric.needed is None:
        outlook = "as it looks now it would not pass"
    else:
        outlook = f"about {wording.about(metric.needed)} more {scene.counts} if it goes on like this"
    enough = f"less than {wording.times(question.margin)} times"
    if question.acceptable:
        enough += f", or less than {wording.percent(question.acceptable)} of all its {scene.counts}"
    return (
        f"not enough known of {question.name} yet to go on to {wording.share(question.next_share)}: "
        f"{_compared(question, scene.here, progress)}{_between(metric)}; enough is {enough}; {outlook}"
    )


def _between(metric: MetricVerdict) -> str:
    if metric.low is not None and metric.high is not None:
        return f", between {wording.at_least(metric.low)} and {wording.at_most(metric.high)} times as often"
    if metric.low is not None:
        return f", at least {wording.at_least(metric.low)} times as often"
    return f", at most {wording.at_most(metric.high)} times as often" if metric.high is not None else ""


def outputs_sentence(
    spec: Judge, progress: Progress, evidence: Evidence, scene: Scene, metric: MetricVerdict
) -> str:
    """Return the sentence on outputs: from which part to which they moved, by name where one is judged."""
    spans, name = compared(scene.spans), spec.outputs.output if spec.outputs else ""
    if not metric.canary_requests or not metric.stable_requests:
        outputs = f"output {name}" if name else "outputs"
        return f"no {outputs} of {progress.canary} and {progress.stable} to compare yet"
    predicts = f"{progress.canary} predicts {name}" if name else f"{progress.canary} predicts"
    if metric.worse < metric.worse_bar:
        return (
            f"{predicts} like {progress.stable} as far as {metric.canary_requests:,} and "
            f"{metric.stable_requests:,} predictions show"
        )
    found = f"{predicts} otherwise than {progress.stable}: {_moves(evidence, spans)}"
    if metric.outcome not in ("hold", "fail"):
        return f"{found}; a person has accepted that"
    then = "ask a person" if metric.outcome == "hold" else "take it back"
    odds = wording.odds(metric.worse)
    return f"{found}; evidence {odds}, {wording.odds(metric.worse_bar)} is enough to {then}"


def _moves(evidence: Evidence, spans: Sequence[Span]) -> str:
    """Name the bins that tell most, leaving out those that tell next to nothing beside them."""
    strength = bins_evidence(spans)
    told = [one for one in moved(spans) if strength[one[0]] > log(2.0)] or moved(spans)
    return wording.listed(
        [
            f"{wording.value_range(evidence.edges, place)} in {wording.percent(canary)} of its answers "
            f"instead of {wording.percent(stable)}"
            for place, canary, stable in told[:_MOST_BINS]
        ]
    )


def no_judge_sentence(progress: Progress) -> str:
    """Return the sentence where nothing is judged."""
    return f"nothing of {progress.canary} is judged, so only a person takes the next step"


def too_early_sentence(progress: Progress, scene: Scene) -> str:
    """Return the sentence where a step has not had its requests."""
    if not scene.canary_here:
        return f"{progress.canary} has had no request in this step yet, so nothing is known of it here"
    had = scene.canary_here + scene.stable_here
    return (
        f"nothing speaks against {progress.canary} so far, but this step has had {had:,} of the "
        f"{scene.min_requests:,} {scene.counts} it needs"
    )
