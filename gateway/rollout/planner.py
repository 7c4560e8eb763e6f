"""What a rollout will find, how long it will take and what it may cost, before it starts.

Worked out with the judge's own tests on assumed traffic: hundreds of paths of chance through the steps, all
from one seed, so that the same question has the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.rollout.exposure import LAG, exposures, worst_of
from gateway.rollout.outlook import (
    ERROR_RISKS,
    LIKELY,
    PAUSE,
    SLOWDOWNS,
    Ask,
    Detection,
    Outlook,
    StepOutlook,
)
from gateway.rollout.prospects import Stretch, failing
from gateway.rollout.remarks import notes_of, warnings_of
from gateway.rollout.schedules import better_schedule
from gateway.rollout.slowness import slow_risks
from gateway.rollout.stages import Fate, Stage, fates, lengths, stages_of, totals, unhurt
from gateway.statistics.walk import Paths, quantile


def plan(ask: Ask, paths: Paths) -> Outlook:
    """Return the outlook on a rollout; `paths` are chance, drawn by the caller (`statistics.walk`)."""
    stages = stages_of(ask)
    found = tuple(_outlooks(ask, stages, paths))
    total = totals(stages, paths)
    exposed = exposures(ask, stages, paths)
    outlook = Outlook(
        steps=found,
        seconds=quantile(total, 0.5),
        seconds_p90=quantile(total, 0.9),
        exposures=exposed,
        worst=worst_of(exposed),
        better=None,
        warnings=(),
        notes=notes_of(ask),
    )
    outlook = replace(outlook, better=better_schedule(ask, outlook, paths))
    return replace(outlook, warnings=warnings_of(ask, outlook))


def _outlooks(ask: Ask, stages: Sequence[Stage], paths: Paths) -> Iterable[StepOutlook]:
    past: tuple[Stretch, ...] = ()
    for stage in stages:
        took = lengths(stage, paths)
        yield _outlook(ask, stage, past, took, paths)
        past = (*past, stage.stretch(min(quantile(took, 0.5), stage.limit), 1.0))


def _outlook(
    ask: Ask, stage: Stage, past: tuple[Stretch, ...], took: Sequence[float], paths: Paths
) -> StepOutlook:
    more = [_detection(stage, "errors", risk, risks, past, paths) for risk, risks in _of_errors(stage)]
    slow = [_detection(stage, "latency", size, risks, past, paths) for size, risks in _of_latency(ask, stage)]
    median, p90 = quantile(took, 0.5), quantile(took, 0.9)
    limit = stage.least if stage.is_timed else stage.limit
    return StepOutlook(
        share=stage.share,
        weight=stage.step.weight,
        until=stage.step.until,
        rate=stage.rate,
        requests=median,
        requests_p90=p90,
        seconds=median / stage.rate,
        seconds_p90=p90 / stage.rate,
        slowest=_slowest(stage, paths),
        in_time=sum(length <= limit for length in took) / len(took),
        detections=(*more, *slow),
        finds=_least(more),
        finds_latency=_least(slow),
        reachable=next((one.size for one in more if one.requests <= limit), None),
    )


def _of_errors(stage: Stage) -> list[tuple[float, dict[int, float]]]:
    return [(risk, {0: risk}) for risk in ERROR_RISKS] if stage.judge.errors else []


def _of_latency(ask: Ask, stage: Stage) -> list[tuple[float, dict[int, float]]]:
    if not stage.judge.latency or not any(ask.traffic.histogram):
        return []
    first = 1 if stage.judge.errors else 0
    found = []
    for size in SLOWDOWNS:
        risks = slow_risks(ask.traffic.histogram, stage.judge.latency, size)
        found.append((size, dict(enumerate(risks, first))))
    return found


def _detection(
    stage: Stage, metric: str, size: float, risks: dict[int, float], past: tuple[Stretch, ...], paths: Paths
) -> Detection:
    found = fates(stage, risks, past, paths)
    fails = [fate.fails for fate in found]
    median, p90 = quantile(fails, 0.5), quantile(fails, 0.9)
    return Detection(
        metric="errors" if metric == "errors" else "latency",
        size=size,
        chance=sum(fate.is_found for fate in found) / len(found),
        requests=median,
        requests_p90=p90,
        seconds=median / stage.rate,
        seconds_p90=p90 / stage.rate,
        bad=_excess(stage, size, found) if metric == "errors" else 0.0,
    )


def _excess(stage: Stage, risk: float, found: Sequence[Fate]) -> float:
    stays = math.fsum(fate.stays + LAG * stage.rate * fate.is_found for fate in found) / len(found)
    return stays * stage.share * (failing(stage.bases[0], risk) - stage.bases[0])


def _least(found: Sequence[Detection]) -> float | None:
    return next((one.size for one in found if one.chance >= LIKELY), None)


def _slowest(stage: Stage, paths: Paths) -> str:
    """Return what a version that is no worse waits for longest."""
    if stage.is_timed:
        return PAUSE
    waits = {"min_requests": float(stage.judge.min_requests), PAUSE: stage.least}
    for question, passes in zip(stage.questions, unhurt(stage, paths), strict=True):
        waits[question.name] = quantile(passes, 0.5)
    return max(waits, key=lambda name: waits[name])
