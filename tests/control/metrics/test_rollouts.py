"""The gauges of rollouts."""

from __future__ import annotations

from typing import Any

from gateway.control.metrics.rollouts import rollout_families
from gateway.control.rollouts.state import Judged
from gateway.rollout.moves import abort, advance, pause, start
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service

NOW = 1_780_000_000.0
PLAN = RoutingPlan(
    (Service("blue"), Service("canary")), (Route("late", "/late", "blue", (("blue", UNITS),)),), revision=1
)
BEGUN = start(PLAN, PLAN.routes[0], "canary")
Samples = dict[tuple[str, ...], float]


def judged(at: float = NOW, **of_metric: Any) -> Judged:
    """What the judge wrote of route late."""
    metric = {"name": "errors", "worse": 1.5, "worse_bar": 3.0, "good": -6.0, "good_bar": 3.0, "effect": 1.2}
    return Judged(at, {"late": {"verdict": {"metrics": [{**metric, **of_metric}]}}})


def samples(plan: RoutingPlan, seen: Judged) -> Samples:
    """Every sample by its name and its labels' values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in rollout_families(plan, seen, NOW)
        for sample in family.samples
    }


def state(plan: RoutingPlan) -> dict[str, float]:
    """The series of the state."""
    found = samples(plan, Judged())
    return {key[2]: value for key, value in found.items() if key[0] == "gateway_rollout_state"}


def test_a_route_has_a_series_for_each_state() -> None:
    """One of them is 1; a route that has had no rollout is healthy."""
    assert state(PLAN) == {"healthy": 1, "progressing": 0, "paused": 0, "degraded": 0}
    assert state(BEGUN)["progressing"] == 1
    assert state(pause(BEGUN, BEGUN.routes[0], "wait"))["paused"] == 1
    assert state(abort(BEGUN, BEGUN.routes[0], "no"))["degraded"] == 1


def test_the_step_counts_from_1() -> None:
    """None while no rollout is under way."""
    key = ("gateway_rollout_step", "late")
    assert samples(PLAN, Judged())[key] == 0
    assert samples(advance(BEGUN, BEGUN.routes[0], "go", NOW), Judged())[key] == 2
    assert samples(abort(BEGUN, BEGUN.routes[0], "no"), Judged())[key] == 0


def test_evidence_is_a_part_of_its_bar() -> None:
    """So that 1 is a verdict whatever the metric."""
    found = samples(BEGUN, judged())
    assert found["gateway_rollout_evidence", "late", "errors", "worse"] == 0.5
    assert found["gateway_rollout_evidence", "late", "errors", "good"] == -2.0
    assert found["gateway_rollout_effect", "late", "errors"] == 1.2


def test_what_is_not_possible_or_not_known_has_no_series() -> None:
    """A metric that can only hold, and one of which nothing is known."""
    found = samples(BEGUN, judged(good_bar=0.0, worse=None, effect=None))
    assert ("gateway_rollout_evidence", "late", "errors", "good") not in found
    assert found["gateway_rollout_evidence", "late", "errors", "worse"] == 0
    assert ("gateway_rollout_effect", "late", "errors") not in found


def test_a_rollout_that_nobody_judges_is_told_and_has_no_evidence() -> None:
    """Else an old number would look like one of now."""
    for seen in (judged(NOW - 60), Judged(NOW, {}), Judged()):
        found = samples(BEGUN, seen)
        assert found["gateway_rollout_unjudged", "late"] == 1
        assert not any(key[0] == "gateway_rollout_evidence" for key in found)
    assert samples(BEGUN, judged())["gateway_rollout_unjudged", "late"] == 0
    assert samples(PLAN, judged())["gateway_rollout_unjudged", "late"] == 0
