"""Judges a version by what it has shown: from evidence to a verdict with its numbers and a sentence.

Pure: the same evidence yields the same verdict, so a journal can be derived again. What may be claimed of
it is in `gateway.statistics.sequential`; what is asked, and how α is split, in `gateway.rollout.questions`.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.rollout.evidence import Evidence
from gateway.rollout.judge_counted import measured, weigh_counted
from gateway.rollout.judge_outputs import weigh_outputs
from gateway.rollout.questions import Scene, questions_of, scene_of
from gateway.rollout.sentences import (
    counted_sentence,
    no_judge_sentence,
    outputs_sentence,
    too_early_sentence,
)
from gateway.rollout.verdict import MetricVerdict, Outcome, Verdict
from gateway.routing.judges import Judge
from gateway.routing.rollouts import Progress

SEVEREST_FIRST: tuple[Outcome, ...] = ("fail", "hold", "inconclusive", "pass")


def weigh(spec: Judge, progress: Progress, evidence: Evidence) -> tuple[MetricVerdict, ...]:
    """Return each metric's outcome, evidence and counts; sentences, intervals and estimates are left out."""
    scene = scene_of(spec, progress, evidence)
    found = [weigh_counted(question, scene.of(question)) for question in questions_of(spec, progress)]
    outputs = weigh_outputs(spec, progress, scene)
    return (*found, outputs) if outputs else tuple(found)


def judge(
    spec: Judge, progress: Progress, evidence: Evidence, external: tuple[MetricVerdict, ...] = ()
) -> Verdict:
    """Return the verdict on a rollout's canary at its present step; `external` are judges elsewhere."""
    scene = scene_of(spec, progress, evidence)
    metrics = (*_internal(spec, progress, evidence, scene), *external)
    if not metrics and not spec.asked:
        return Verdict("inconclusive", no_judge_sentence(progress), (), spec.alpha)
    outcome, sentence = _overall(spec, progress, scene, metrics)
    return Verdict(outcome, sentence, metrics, spec.alpha)


def _internal(spec: Judge, progress: Progress, evidence: Evidence, scene: Scene) -> tuple[MetricVerdict, ...]:
    found = []
    for question in questions_of(spec, progress):
        seen = scene.of(question)
        metric = measured(question, seen, weigh_counted(question, seen))
        found.append(replace(metric, sentence=counted_sentence(question, seen, progress, metric)))
    outputs = weigh_outputs(spec, progress, scene)
    if outputs:
        sentence = outputs_sentence(spec, progress, evidence, scene, outputs)
        found.append(replace(outputs, sentence=sentence))
    return tuple(found)


def _overall(
    spec: Judge, progress: Progress, scene: Scene, metrics: tuple[MetricVerdict, ...]
) -> tuple[Outcome, str]:
    """Return the worst outcome of all metrics, and the sentence of the first that has it.

    A judge elsewhere that has not answered yet, and a step that has not had its requests, let nothing pass.
    """
    for outcome in SEVEREST_FIRST[:-1]:
        for metric in metrics:
            if metric.outcome == outcome:
                return outcome, metric.sentence
    answered = {metric.name for metric in metrics}
    for asked in spec.asked:
        if asked.name not in answered:
            return "inconclusive", f"{asked.name} has not answered yet"
    if not scene.is_enough:
        return "inconclusive", too_early_sentence(progress, scene)
    return "pass", metrics[0].sentence
