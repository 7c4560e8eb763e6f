"""Judges beside the workers' counts: a Prometheus query, a webhook, labels; with the same verdicts.

Each is asked in the background as often as routing.yaml says. No answer, an old one or one that is no number
is no verdict: the step holds.
"""

from __future__ import annotations

import json
import math
import operator
import re
from typing import Any
from urllib.parse import quote

from gateway.errors import GatewayError
from gateway.outcall import CallFailed, call, from_environment
from gateway.rollout.background import Background
from gateway.rollout.verdict import MetricVerdict, Outcome
from gateway.routing.judges import LabelsJudge, Metric
from gateway.routing.places import Places
from gateway.routing.rollouts import Progress

Asked = Metric | LabelsJudge

STALE_AFTER = 3.0
"""An answer holds for this many of its metric's intervals, and its time-out."""
LONGEST_WHY = 300

_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_CONDITION = re.compile(r"\s*(<=|>=|<|>)\s*(\S+)\s*")
_OUTCOMES: dict[str, Outcome] = {"pass": "pass", "fail": "fail", "inconclusive": "inconclusive"}


class Providers:
    """Asks the judges elsewhere of all routes; `latest` never waits."""

    def __init__(self, places: Places | None = None) -> None:
        """`places` are those of the gateway whose labels are asked for."""
        self._places = places
        self._background: Background[MetricVerdict] = Background()

    def latest(
        self, route: str, metrics: tuple[Asked, ...], progress: Progress, now: float
    ) -> tuple[MetricVerdict, ...]:
        """Return what each metric says by now, and have those asked whose time has come.

        `now` is in monotonic seconds. An answer holds for the step in which it was asked, and not for ever.
        """
        return tuple(self._verdict(route, metric, progress, now) for metric in metrics)

    def _verdict(self, route: str, metric: Asked, progress: Progress, now: float) -> MetricVerdict:
        question = (route, progress.id, progress.step, metric)
        found = self._background.latest(question)
        if found is None or now - found[0] >= metric.every:
            self._background.ask(question, now, lambda: self._asked(metric, route, progress), found)
        if found is None:
            return inconclusive(metric, "has not answered in this step yet")
        if now - found[0] > STALE_AFTER * metric.every + metric.timeout:
            return inconclusive(metric, f"last answered {now - found[0]:.0f} s ago, which is too long")
        return found[1]

    def _asked(self, metric: Asked, route: str, progress: Progress) -> MetricVerdict:
        if isinstance(metric, Metric):
            return asked(metric, route, progress)
        if self._places is None:
            return inconclusive(metric, "could not be had: there is no request log here")
        from gateway.rollout.labelled import judged_by_labels  # with DuckDB, which nobody else needs

        return judged_by_labels(self._places, metric, route, progress)

    def forget(self, active: set[tuple[str, int]]) -> None:
        """Forget the answers for rollouts that are over; `active` are pairs of route and rollout."""
        self._background.forget(lambda question: isinstance(question, tuple) and question[:2] in active)


def asked(metric: Metric, route: str, progress: Progress) -> MetricVerdict:
    """Ask one judge; whatever goes wrong makes its verdict inconclusive and is what it says."""
    try:
        if metric.provider == "http":
            return _webhook(metric, route, progress)
        return compared(metric, _query(metric, route, progress))
    except (GatewayError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        return inconclusive(metric, f"could not be had: {error}")


def inconclusive(metric: Asked, why: str) -> MetricVerdict:
    """Return no verdict, with the reason."""
    return MetricVerdict(metric.name, "inconclusive", f"{metric.name} {why}")


def _webhook(metric: Metric, route: str, progress: Progress) -> MetricVerdict:
    body = json.dumps(about(route, progress)).encode()
    headers = {"content-type": "application/json", "accept": "application/json"}
    answer = call("POST", from_environment(metric.url), body=body, headers=headers, timeout=metric.timeout)
    if not answer.is_ok:
        raise CallFailed(f"it answered {answer.status}")
    found = json.loads(answer.body)
    outcome = _OUTCOMES.get(found["verdict"])
    if outcome is None:
        raise ValueError(
            f"the verdict must be pass, fail or inconclusive, not {str(found['verdict'])[:40]!r}"
        )
    why = printable(str(found.get("why", "")))[:LONGEST_WHY]
    return MetricVerdict(metric.name, outcome, f"{metric.name} says {outcome}" + (f": {why}" if why else ""))


def printable(text: str) -> str:
    """Return what somebody else said as one line that no terminal takes for commands."""
    return "".join(character if character.isprintable() else " " for character in text)


def about(route: str, progress: Progress) -> dict[str, Any]:
    """Return what others are told about the rollout that they are asked of."""
    return {
        "route": route,
        "rollout": progress.id,
        "canary": progress.canary,
        "stable": progress.stable,
        "step": progress.step + 1,
        "steps": len(progress.steps),
        "weight": progress.steps[progress.step].weight / 1000,
    }


def _query(metric: Metric, route: str, progress: Progress) -> float:
    query = metric.query
    for name, value in (("canary", progress.canary), ("stable", progress.stable), ("route", route)):
        query = query.replace("{{" + name + "}}", value)
    url = f"{from_environment(metric.url).rstrip('/')}/api/v1/query?query={quote(query, safe='')}"
    answer = call("GET", url, headers={"accept": "application/json"}, timeout=metric.timeout)
    if not answer.is_ok:
        raise CallFailed(f"Prometheus answered {answer.status}")
    data = json.loads(answer.body)["data"]
    if data["resultType"] == "scalar":
        return float(data["result"][1])
    if len(data["result"]) != 1:
        raise ValueError(f"the query yields {len(data['result'])} series, and it must yield one")
    return float(data["result"][0]["value"][1])


def compared(metric: Metric, value: float) -> MetricVerdict:
    """Return what a number means; where only one condition is written, the other is its opposite."""
    if math.isnan(value):
        return inconclusive(metric, "is not a number")
    fails = bool(metric.fails) and _holds(metric.fails, value)
    passes = _holds(metric.passes, value) if metric.passes else not fails
    shown = f"{metric.name} is {value:.6g}"
    if fails:
        return MetricVerdict(metric.name, "fail", f"{shown}, and {metric.fails.strip()} fails")
    if passes:
        return MetricVerdict(metric.name, "pass", f"{shown}, which passes")
    return MetricVerdict(metric.name, "inconclusive", f"{shown}; {metric.passes.strip()} passes")


def _holds(condition: str, value: float) -> bool:
    found = _CONDITION.fullmatch(condition)
    if found is None:
        raise ValueError(f"`{condition}` is no comparison such as `< 0.01`")
    return bool(_COMPARE[found[1]](value, float(found[2])))
