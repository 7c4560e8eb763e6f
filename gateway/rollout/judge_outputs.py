"""Judges whether the canary's predictions are distributed as stable's are, bin by bin.

A new model is supposed to differ, so what is found here asks a person. In each bin the test of
`gateway.statistics.sequential` runs with alternatives on both sides: given that a prediction falls into a
bin, it is the canary's with the probability of its share, if both predict alike. At each prediction the
evidence of one bin moves and the others stand still, so their product is an e-process as well as their mean.
The product finds what moves a little everywhere, the mean what moves in one place: half of each is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from gateway.rollout.chains import has_keys, weighted
from gateway.rollout.evidence import Span
from gateway.rollout.questions import Scene
from gateway.rollout.verdict import MetricVerdict, Outcome
from gateway.routing.judges import Judge
from gateway.routing.rollouts import Progress
from gateway.statistics.sequential import OTHERWISE, log_evidence, log_sum

NAME = "outputs"


def weigh_outputs(spec: Judge, progress: Progress, scene: Scene) -> MetricVerdict | None:
    """Return outcome and evidence, without sentence; None where outputs are not to be judged.

    It never blocks a version that others judge. Where it is the only judge, there have to be outputs.
    """
    if spec.outputs is None or spec.outputs.on_change == "ignore":
        return None
    spans = compared(scene.spans)
    worse, bar = outputs_evidence(spans), log(1.0 / spec.alpha)
    canary = sum([sum(span.outputs[0]) for span in spans])
    stable = sum([sum(span.outputs[1]) for span in spans])
    is_alone = not (spec.errors or spec.latency or spec.asked)
    outcome: Outcome = "pass"
    if not scene.is_enough or (is_alone and not (canary and stable)):
        outcome = "inconclusive"
    if worse >= bar and NAME not in progress.accepted:
        outcome = "fail" if spec.outputs.on_change == "abort" else "hold"
    return MetricVerdict(
        name=NAME,
        outcome=outcome,
        sentence="",
        canary_requests=canary,
        stable_requests=stable,
        worse=worse,
        worse_bar=bar,
        alpha=spec.alpha,
        needed=0 if outcome == "pass" else None,
    )


def compared(spans: Sequence[Span]) -> list[Span]:
    """Return the spans in which there were predictions."""
    return [span for span in spans if any(span.outputs[0]) or any(span.outputs[1])]


def outputs_evidence(spans: Sequence[Span]) -> float:
    """Return the logarithm of the evidence against "both predict alike".

    Of a key the first prediction in an era counts, so spans of an era are independent, and eras without keys.
    """
    eras = sorted({span.era for span in spans}) if has_keys(spans) else []
    by_era = [tuple([span for span in spans if span.era == era]) for era in eras]
    groups, rest = weighted(by_era or ([tuple(spans)] if spans else []))
    terms = [log(rest)] if rest else []
    for weight, members in groups:
        bins = bins_evidence(members)
        mean = log_sum(bins) - log(len(bins))
        terms.append(log(weight / 2) + log_sum((sum(bins), mean)))
    return log_sum(terms)


def bins_evidence(spans: Sequence[Span]) -> list[float]:
    """Return the logarithm of each bin's evidence."""
    count = max(max(len(span.outputs[0]), len(span.outputs[1])) for span in spans)
    return [_bin_evidence(spans, place) for place in range(count)]


def _bin_evidence(spans: Sequence[Span], place: int) -> float:
    entries = [
        (0.0 if later else 1.0, span.share, _at(span.outputs[0], place), _at(span.outputs[1], place))
        for later, span in enumerate(spans)
    ]
    return log_evidence([tuple(entries)], 0.0, OTHERWISE)


def moved(spans: Sequence[Span]) -> list[tuple[int, float, float]]:
    """Return the bins in which the two differ most, that first: bin, canary's part of its predictions,
    stable's part of its own.

    Stable's parts are weighted by the canary's predictions in each span, so that inputs that changed while
    shares did are not taken for a difference.
    """
    count = max(max(len(span.outputs[0]), len(span.outputs[1])) for span in spans)
    total = sum(sum(span.outputs[0]) for span in spans if any(span.outputs[1]))
    found = []
    for place in range(count):
        canary = stable = 0.0
        for span in spans:
            ours, theirs = span.outputs
            if any(ours) and any(theirs):
                canary += _at(ours, place) / total
                stable += _at(theirs, place) / sum(theirs) * sum(ours) / total
        found.append((place, canary, stable))
    evidence = bins_evidence(spans)
    return sorted(found, key=lambda one: (-evidence[one[0]], one[0]))


def _at(counts: tuple[int, ...], place: int) -> int:
    return counts[place] if place < len(counts) else 0
