"""Rollouts and where they stand as plain JSON values, for the journal, the plan slot and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gateway.routing.judges import ErrorsJudge, Judge, LabelsJudge, LatencyJudge, Metric, OutputsJudge
from gateway.routing.rollouts import Freeze, Hook, Notify, Progress, Rollout, Step


def rollout_document(rollout: Rollout) -> dict[str, Any]:
    """Return what a person wrote about rollouts as plain JSON values."""
    return asdict(rollout)


def rollout_from(document: Mapping[str, Any]) -> Rollout:
    """Return what `rollout_document` wrote; what is missing is as usual."""
    given = dict(document)
    if "steps" in given:
        given["steps"] = steps_from(given["steps"])
    if "judge" in given:
        given["judge"] = judge_from(given["judge"])
    given["freeze"] = tuple(Freeze(**found) for found in given.get("freeze", ()))
    given["hooks"] = tuple(Hook(**{**found, "at": tuple(found["at"])}) for found in given.get("hooks", ()))
    return Rollout(**given)


def steps_from(documents: Any) -> tuple[Step, ...]:
    """Return steps from a list of plain JSON values."""
    return tuple(Step(**found) for found in documents)


def judge_from(document: Mapping[str, Any]) -> Judge:
    """Return a judge from the plain JSON values of its fields."""
    given = dict(document)
    if given.get("errors"):
        given["errors"] = ErrorsJudge(**given["errors"])
    if given.get("latency"):
        quantiles = tuple(given["latency"]["quantiles"])
        given["latency"] = LatencyJudge(**{**given["latency"], "quantiles": quantiles})
    if given.get("outputs"):
        given["outputs"] = OutputsJudge(**given["outputs"])
    if given.get("labels"):
        given["labels"] = LabelsJudge(**given["labels"])
    given["metrics"] = tuple(Metric(**found) for found in given.get("metrics", ()))
    return Judge(**given)


def notify_document(notify: Notify) -> dict[str, Any]:
    """Return one of `notify` as plain JSON values."""
    return asdict(notify)


def notify_from(document: Mapping[str, Any]) -> Notify:
    """Return what `notify_document` wrote."""
    return Notify(**{**document, "on": tuple(document["on"])})


def progress_document(progress: Progress) -> dict[str, Any]:
    """Return where a rollout stands as plain JSON values."""
    return asdict(progress)


def progress_from(document: Mapping[str, Any]) -> Progress:
    """Return what `progress_document` wrote."""
    lists = {key: tuple(document.get(key, ())) for key in ("thresholds", "accepted")}
    judge = judge_from(document.get("judge", {}))
    return Progress(**{**document, **lists, "steps": steps_from(document["steps"]), "judge": judge})
