"""The sentences of the page Now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from gateway.control.pages.now_words import (
    health_words,
    last_words,
    rollback_words,
    rollout_words,
    window_words,
)
from gateway.control.status.snapshot import snapshot
from gateway.rollout.moves import start
from gateway.routing.change import Request, commit
from gateway.routing.revise import roll_back
from gateway.routing.slot import published

if TYPE_CHECKING:
    from tests.control.conftest import Site


def test_a_rollback_is_told_beforehand(site: Site) -> None:
    """Of one route and of all; and where there is nothing to take back, nothing."""
    plan = published(site.places)
    assert plan is not None
    assert rollback_words(plan, "late", 0.0) == "late: canary 10 % → 0 %, blue 90 % → 100 %"
    both = rollback_words(plan, None, 0.0)
    assert both == (
        "late: canary 10 % → 0 %, blue 90 % → 100 %; protocol: blue 50 % → 0 %, green 50 % → 100 %"
    )
    back = roll_back(plan, None, 0.0)
    assert rollback_words(back, "late", 0.0) == rollback_words(back, None, 0.0) == ""


def test_a_rollback_that_ends_a_rollout_says_so(site: Site) -> None:
    """Where it stands is a sentence of its own."""
    commit(site.places, Request("rollout", "cli:ann"), lambda plan: start(plan, plan.routes[0], "canary"))
    plan = published(site.places)
    assert plan is not None
    assert rollback_words(plan, "late", time.time()).endswith(", the rollout of canary ends")
    found = snapshot(site.places)["routes"][0]
    assert rollout_words(found).startswith("canary is at step 1 of ")
    assert found["rollout"]["next"] in rollout_words(found)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("healthy", "canary was rolled out: it was good"),
        ("degraded", "canary was taken back: it was good"),
        ("paused", "canary is paused at step 2 of 2, 12.5 %: it was good"),
    ],
)
def test_where_a_rollout_stands(state: str, said: str) -> None:
    """Ended well or badly, or waiting."""
    stable = "canary" if state == "healthy" else "blue"
    assert rollout_words(told(state, {stable: 100.0})) == said


def told(state: str, weights: dict[str, float]) -> dict[str, Any]:
    """What status tells of a route with a rollout of canary."""
    progress = {"canary": "canary", "state": state, "why": "it was good", "step": 2}
    steps = [{"weight": 5.0}, {"weight": 12.5}]
    rollout = {"progress": {**progress, "steps": steps}, "next": ""}
    return {"stable": "blue", "weights": weights, "rollout": rollout}


@pytest.mark.parametrize("state", ["healthy", "degraded"])
def test_how_a_rollout_ended_is_no_headline_once_the_weights_are_others(state: str) -> None:
    """It is true of then, and not of now."""
    said = rollout_words(told(state, {"blue": 60.0, "canary": 40.0}))
    assert said.startswith("No rollout is under way; the last one, of canary, ended before")


def test_what_made_the_plan_is_one_sentence() -> None:
    """With the reason, if there was one."""
    entry = {"what": "weights set by token ci", "at": "2026-03-01T03:12:11.000Z", "reason": ""}
    assert last_words(entry) == "weights set by token ci, 2026-03-01 03:12:11 UTC"
    assert last_words({**entry, "reason": "calm"}).endswith(" UTC (“calm”)")


def test_no_rollout_is_no_sentence() -> None:
    """The line is left out."""
    assert rollout_words({"rollout": {"progress": None}}) == ""


def service(**changes: Any) -> dict[str, Any]:
    """What status tells of one service."""
    return {
        "replicas": {"0": {"up": 2}},
        "reasons": {},
        "breakers": {"closed": 2},
        "panic": 0,
        "out": 0,
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "kind", "text"),
    [
        ({}, "good", "1 of 1 replica up"),
        (
            {"replicas": {"0": {"up": 2}, "1": {"up": 1, "down": 1}}, "reasons": {"1": "refused"}},
            "warn",
            "1 of 2 replicas up: refused",
        ),
        ({"replicas": {"0": {"warming": 1}}}, "warn", "1 of 1 replica up"),
        ({"breakers": {"half_open": 1}}, "warn", "1 of 1 replica up; breaker half open"),
        ({"replicas": {"0": {"down": 2}}, "out": 2}, "bad", "0 of 1 replica up; 2 workers send it nothing"),
        ({"panic": 1}, "good", "1 of 1 replica up; too few are well, so all are used"),
        ({"replicas": {}}, "faint", "no worker tells of it"),
    ],
)
def test_how_a_service_is(changes: dict[str, Any], kind: str, text: str) -> None:
    """The worst that any worker sees decides, and a word says it beside the colour."""
    assert health_words("blue", {"blue": service(**changes)}, is_parked=False) == {"kind": kind, "text": text}


def test_a_parked_service_is_not_ill() -> None:
    """It is asleep."""
    assert health_words("blue", {}, is_parked=True)["kind"] == "faint"


def test_the_seconds_that_figures_are_of_are_told() -> None:
    """The rate's, and those of the rest where the weights changed since; without traffic nothing."""
    route = {"rate": 65.0, "rate_seconds": 10.0, "recent_seconds": 14.0, "versions": {"blue": {"rate": 65.0}}}
    assert window_words(route) == "over the last 10 s"
    young = window_words({**route, "recent_seconds": 3.2})
    assert young == "over the last 10 s; shares, errors, p50 and p99 over 3 s"
    unknown = window_words({**route, "versions": {"blue": {"rate": None}}})
    assert unknown == "over the last 10 s; nothing was answered under these weights yet"
    assert window_words({**route, "rate": 0.0}) == ""
