"""Judges elsewhere have the same verdicts as ours, and no answer is no verdict."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.rollout.providers import Providers, asked, compared
from gateway.routing.judges import Metric
from gateway.routing.rollouts import Progress, Step
from tests.rollout.listener import listening
from tests.waiting import BOUND, until

AT = Progress(7, "canary", "blue", "progressing", 1, (Step(1_000), Step(5_000), Step(100_000)), "it began")


def prometheus(url: str, timeout: float = BOUND) -> Metric:
    """A metric that Prometheus knows."""
    query = 'rate(e{v="{{canary}}"}[1m])'
    return Metric("errors of {{canary}}", "prometheus", url, query, "< 0.01", "> 0.05", timeout=timeout)


def vector(*values: str) -> bytes:
    """Prometheus' answer to an instant query."""
    result = [{"metric": {}, "value": [1.0, value]} for value in values]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("0.001", "pass"),
        ("0.06", "fail"),
        ("0.03", "inconclusive"),
        ("NaN", "inconclusive"),
        ("+Inf", "fail"),
    ],
)
def test_a_query_is_compared(value: str, outcome: str) -> None:
    """With what passes and what fails; between them, and without a number, nothing is known."""
    with listening() as server:
        server.answers = [(200, vector(value))]
        verdict = asked(prometheus(server.url), "late", AT)
        assert verdict.outcome == outcome
        asked_for = parse_qs(urlsplit(server.asked[0][1]).query)["query"]
    assert asked_for == ['rate(e{v="canary"}[1m])']


@pytest.mark.parametrize(
    "answer",
    [
        (200, vector()),
        (200, vector("1", "2")),
        (200, b"no json"),
        (200, b"[]"),
        (200, b'{"data": {"resultType": "vector", "result": [{}]}}'),
        (200, b'{"data": {"resultType": "scalar", "result": [1, "many"]}}'),
        (422, b"{}"),
        None,
    ],
)
def test_no_number_is_no_verdict(answer: tuple[int, bytes] | None) -> None:
    """Whatever came instead of one number: the verdict is open, and the sentence says why."""
    with listening() as server:
        server.answers = [answer]
        metric = prometheus(server.url) if answer else prometheus(server.url, timeout=0.2)
        verdict = asked(metric, "late", AT)
    assert verdict.outcome == "inconclusive"
    assert "could not be had: " in verdict.sentence


def test_one_condition_is_the_opposite_of_the_other() -> None:
    """Whoever writes only when it fails means that all else passes; the reverse never fails."""
    only_fails = Metric("m", "prometheus", "http://x", "q", fails=">= 3")
    assert [compared(only_fails, value).outcome for value in (2.0, 3.0)] == ["pass", "fail"]
    only_passes = Metric("m", "prometheus", "http://x", "q", passes="<= 3")
    assert [compared(only_passes, value).outcome for value in (3.0, 4.0)] == ["pass", "inconclusive"]
    assert compared(only_fails, math.nan).outcome == "inconclusive"


@pytest.mark.parametrize(
    ("answer", "outcome", "says"),
    [
        ({"verdict": "pass"}, "pass", "says pass"),
        ({"verdict": "fail", "why": "AUC fell to 0.61"}, "fail", "AUC fell to 0.61"),
        ({"verdict": "inconclusive"}, "inconclusive", "says inconclusive"),
        ({"verdict": "promote"}, "inconclusive", "must be pass, fail or inconclusive"),
        ({}, "inconclusive", "could not be had"),
        ([1], "inconclusive", "could not be had"),
    ],
)
def test_a_webhook_judges(answer: Any, outcome: str, says: str) -> None:
    """It is told about the rollout and says one of three words."""
    with listening() as server:
        server.answers = [(200, json.dumps(answer).encode())]
        verdict = asked(Metric("labels", "http", server.url + "/judge", timeout=BOUND), "late", AT)
        told = json.loads(server.asked[0][3])
    assert verdict.outcome == outcome
    assert says in verdict.sentence
    assert told == {
        "route": "late",
        "rollout": 7,
        "canary": "canary",
        "stable": "blue",
        "step": 2,
        "steps": 3,
        "weight": 5.0,
    }


def test_nobody_waits_for_an_answer() -> None:
    """The first look finds none; a later one does; one that grows old counts no more."""
    with listening() as server:
        server.answers = [(200, b'{"verdict": "pass"}')]
        providers, metric = Providers(), Metric("labels", "http", server.url, every=10.0, timeout=60.0)
        (first,) = providers.latest("late", (metric,), AT, 100.0)
        assert first.outcome == "inconclusive"
        until(lambda: providers.latest("late", (metric,), AT, 101.0)[0].outcome == "pass")
        assert len(server.asked) == 1
        server.answers = [None]
        assert providers.latest("late", (metric,), AT, 190.0)[0].outcome == "pass"
        (old,) = providers.latest("late", (metric,), AT, 190.1)
        assert old.outcome == "inconclusive"
        assert "90 s ago" in old.sentence


def test_an_answer_is_for_its_own_step() -> None:
    """What was good at 1 % is asked anew at 5 %."""
    with listening() as server:
        server.answers = [(200, b'{"verdict": "pass"}')]
        providers, metric = Providers(), Metric("labels", "http", server.url, timeout=BOUND)
        until(lambda: providers.latest("late", (metric,), AT, 1.0)[0].outcome == "pass")
        later = Progress(7, "canary", "blue", "progressing", 0, AT.steps, "")
        assert providers.latest("late", (metric,), later, 1.0)[0].outcome == "inconclusive"
        providers.forget(set())
        assert providers.latest("late", (metric,), AT, 1.0)[0].outcome == "inconclusive"
