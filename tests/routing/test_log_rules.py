"""The recorder's rules: taken from the live plan, anew with each revision."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.requestlog.policy import Filter, Logging, LogPolicy, LogSettings
from gateway.requestlog.rules import RouteRule
from gateway.routing.log_rules import PlanRules, rules_of
from gateway.routing.places import Places
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.run_directory import prepare
from gateway.routing.slot import publish

STRICT = Filter(mode="strict", keep=("hour",))


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A state directory without a plan."""
    prepared = prepare(tmp_path / "state")
    yield prepared
    shutil.rmtree(prepared.run.resolve())


def plan(revision: int = 1) -> RoutingPlan:
    """Return a plan with a route that is logged and one that is not."""
    weights = (("v2", UNITS),)
    return RoutingPlan(
        (Service("v2", model="models/v2"), Service("far", urls=("http://127.0.0.1:1",))),
        (
            Route("late", "/late", "v2", weights, log=LogPolicy(filter=STRICT)),
            Route("quiet", "/", "v2", weights, log=None),
        ),
        log=LogSettings(encryption_key="${KEY}"),
        logging=Logging(access=True),
        revision=revision,
    )


def test_what_is_logged_has_a_rule() -> None:
    """Path and filter; models of services that have any, and what holds for the whole log."""
    rules = rules_of(plan())
    assert rules.routes == {"late": RouteRule("/late", STRICT)}
    assert rules.models == {"v2": "models/v2"}
    assert rules.settings.encryption_key == "${KEY}"
    assert rules.logging.access


def test_each_revision_is_told_once(places: Places) -> None:
    """Nothing before the first plan, and nothing while it stays."""
    follower = PlanRules(places)
    assert follower.new() is None
    publish(places, plan(1))
    assert follower.new() == rules_of(plan(1))
    assert follower.new() is None
    publish(places, plan(2))
    assert follower.new() is not None
    assert follower.new() is None


def test_a_plan_of_another_version_changes_nothing(places: Places, caplog: pytest.LogCaptureFixture) -> None:
    """It is said once, and the recorder goes on by the one before it."""
    follower = PlanRules(places)
    publish(places, plan(1))
    assert follower.new() is not None
    publish(places, plan(2))
    places.plan.write_text('{"revision": 2}')
    assert follower.new() is None
    assert follower.new() is None
    assert [record.message.partition(":")[0] for record in caplog.records] == ["revision 2"]
    publish(places, plan(3))
    assert follower.new() == rules_of(plan(3))
