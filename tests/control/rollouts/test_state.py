"""Rollouts as plain values: what the plan says, and what the judge wrote last."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from gateway.control.rollouts.models import RolloutState
from gateway.control.rollouts.state import FIRST_WITHIN, FRESH, Judged, read_judged, rollout_state, spec_state
from gateway.rollout.decide import Situation
from gateway.rollout.moves import abort, start
from gateway.rollout.verdict import MetricVerdict, Verdict
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.rollouts import Rollout

if TYPE_CHECKING:
    from tests.control.conftest import Site

NOW = 1_780_000_000.0
PLAN = RoutingPlan(
    (Service("blue"), Service("canary")), (Route("late", "/late", "blue", (("blue", UNITS),)),), revision=1
)
BEGUN = start(PLAN, PLAN.routes[0], "canary", thresholds=(1500, 20_000))
assert BEGUN.routes[0].progress is not None
PROGRESS = BEGUN.routes[0].progress
METRIC = MetricVerdict(
    "errors", "inconclusive", "it is early", 10, 90, 0, 1, None, None, float("inf"), -1.0, 3.7
)


def told(at: float = NOW) -> dict[str, Any]:
    """What the controller writes of route late."""
    verdict = Verdict("inconclusive", "it is early", (METRIC,))
    late = {
        "verdict": asdict(verdict),
        "situation": asdict(Situation(12.0)),
        "step_requests": 100,
        "rate": 8.0,
    }
    return {"at": at, "routes": {"late": late}}


def test_what_is_written_is_read(site: Site) -> None:
    """What is infinite is not known: JSON has no word for it."""
    assert read_judged(site.places) == Judged()
    (site.places.run / "rollouts.json").write_text(json.dumps(told()))
    judged = read_judged(site.places)
    assert judged.at == NOW
    assert judged.routes["late"]["verdict"]["metrics"][0]["high"] is None
    found = rollout_state(BEGUN.routes[0], judged, NOW)
    RolloutState.model_validate_json(json.dumps(found), extra="forbid")


def test_a_rollout_under_way_has_its_verdict() -> None:
    """With where it stands: steps from 1, weights in percent, latencies in milliseconds."""
    judged = Judged(NOW, told()["routes"])
    found = rollout_state(BEGUN.routes[0], judged, NOW + 1)
    assert found["progress"]["step"] == 1
    assert [step["weight"] for step in found["progress"]["steps"]] == [5, 25, 50, 100]
    assert found["progress"]["thresholds_ms"] == [1.5, 20.0]
    assert (found["judged"], found["judged_at"]) == (True, "2026-05-28T20:26:40.000Z")
    assert (found["step_requests"], found["rate"], found["situation"]["elapsed"]) == (100, 8.0, 12.0)
    assert found["verdict"]["sentence"] == "it is early"


@pytest.mark.parametrize(
    ("age", "expected"), [(0.0, True), (FIRST_WITHIN, True), (FIRST_WITHIN + 1, False), (-3600.0, False)]
)
def test_a_judge_may_take_a_moment_to_begin(site: Site, age: float, expected: bool) -> None:
    """Nobody is called for a gateway that is starting; a judge that never begins is missed."""
    site.places.processes.write_text(json.dumps({"started": NOW - age}))
    judged = read_judged(site.places)
    assert (judged.at, judged.is_judged(BEGUN.routes[0], NOW)) == (None, expected)
    assert rollout_state(BEGUN.routes[0], judged, NOW)["judged"] is expected


@pytest.mark.parametrize(
    ("revision", "age", "expected"),
    [(PROGRESS.id - 1, 0.0, True), (PROGRESS.id, 0.0, False), (PROGRESS.id - 1, FRESH + 1, False)],
)
def test_a_judge_that_is_there_will_look_at_what_has_just_begun(
    site: Site, revision: int, age: float, expected: bool
) -> None:
    """Whoever starts a rollout and asks for the status at once is not told that nobody judges it."""
    written = {"at": NOW - age, "revision": revision, "routes": {}}
    (site.places.run / "rollouts.json").write_text(json.dumps(written))
    assert rollout_state(BEGUN.routes[0], read_judged(site.places), NOW)["judged"] is expected


def test_a_judge_that_was_there_is_missed_however_young_the_gateway_is(site: Site) -> None:
    """It has said its first word, so nothing is waited for any more."""
    site.places.processes.write_text(json.dumps({"started": NOW - FRESH - 1}))
    (site.places.run / "rollouts.json").write_text(json.dumps(told(NOW - FRESH - 0.5)))
    assert not read_judged(site.places).is_judged(BEGUN.routes[0], NOW)


@pytest.mark.parametrize(
    ("age", "expected"), [(0.0, True), (FRESH, True), (FRESH + 1, False), (-3600, False)]
)
def test_an_old_verdict_is_nobodys(age: float, expected: bool) -> None:
    """It is shown all the same; a clock that was put back makes it old too."""
    found = rollout_state(BEGUN.routes[0], Judged(NOW - age, told()["routes"]), NOW)
    assert found["judged"] is expected
    assert found["verdict"] is not None


def test_a_route_that_is_left_out_is_not_judged() -> None:
    """As one whose evidence cannot be read."""
    found = rollout_state(BEGUN.routes[0], Judged(NOW, {}), NOW)
    assert (found["judged"], found["verdict"], found["judged_at"]) == (False, None, None)


def test_one_that_is_over_has_no_verdict_any_more() -> None:
    """Only its sentence; and a route without any has nothing."""
    over = abort(BEGUN, BEGUN.routes[0], "cli:me aborted it")
    found = rollout_state(over.routes[0], Judged(NOW, told()["routes"]), NOW)
    assert (found["progress"]["why"], found["judged"], found["verdict"]) == ("cli:me aborted it", False, None)
    found = rollout_state(PLAN.routes[0], Judged(), NOW)
    assert (found["progress"], found["next"], found["judged"]) == (None, "", False)
    RolloutState.model_validate_json(json.dumps(found), extra="forbid")


def test_what_the_file_says_has_weights_in_percent() -> None:
    """All else is as it is called there."""
    found = spec_state(Rollout())
    assert [step["weight"] for step in found["steps"]] == [5, 25, 50, 100]
    assert found["judge"]["alpha"] == 0.05
    assert json.loads(json.dumps(found))["keep_warm"] == 3600
