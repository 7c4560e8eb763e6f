"""What happened to a rollout between two revisions, read off the plans."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.rollout import moves
from gateway.rollout.transitions import told, transitions
from gateway.routing.plan import Route, RoutingPlan, Service
from gateway.routing.revise import roll_back, succeed
from gateway.routing.rollouts import Step
from gateway.routing.shares import replace_weights, set_shares

SERVICES = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in ("blue", "green", "canary"))
ROUTE = Route("late", "/late", "blue", (("blue", 100_000), ("canary", 0)))
OTHER = replace(ROUTE, name="other", path="/other")
PLAN = RoutingPlan(SERVICES, (ROUTE, OTHER), revision=6)
STEPS = (Step(5_000), Step(50_000), Step(100_000))
NOW = 1e9


def late(plan: RoutingPlan) -> Route:
    """Return the route."""
    found = plan.route("late")
    assert found is not None
    return found


def next_of(plan: RoutingPlan, wanted: RoutingPlan) -> RoutingPlan:
    """Return what becomes of a wanted plan as a revision."""
    return succeed(plan, wanted)


STARTED = next_of(PLAN, moves.start(PLAN, ROUTE, "canary", steps=STEPS))
PAUSED = next_of(STARTED, moves.pause(STARTED, late(STARTED), "lunch"))
PROMOTED = next_of(STARTED, moves.complete(STARTED, late(STARTED), "good", NOW))


@pytest.mark.parametrize(
    ("before", "after", "action", "event"),
    [
        (PLAN, STARTED, "rollout", "started"),
        (STARTED, moves.advance(STARTED, late(STARTED), "good", NOW), "advance", "step"),
        (PAUSED, moves.advance(PAUSED, late(PAUSED), "go", NOW), "promote", "step"),
        (STARTED, PAUSED, "pause", "paused"),
        (STARTED, moves.pause(STARTED, late(STARTED), "look", "outputs"), "pause", "held"),
        (PAUSED, moves.resume(PAUSED, late(PAUSED), "back"), "resume", "resumed"),
        (STARTED, PROMOTED, "complete", "promoted"),
        (PAUSED, moves.complete(PAUSED, late(PAUSED), "go", NOW), "promote", "promoted"),
        (PLAN, moves.switch(PLAN, ROUTE, "green", "switched", NOW), "switch", "promoted"),
        (STARTED, moves.fail(STARTED, late(STARTED), "worse"), "fail", "failed"),
        (PAUSED, moves.fail(PAUSED, late(PAUSED), "worse"), "fail", "failed"),
        (STARTED, moves.abort(STARTED, late(STARTED), "enough"), "abort", "aborted"),
        (STARTED, roll_back(STARTED, "late", NOW), "rollback", "rolled_back"),
        (PROMOTED, roll_back(PROMOTED, "late", NOW), "rollback", "rolled_back"),
        (STARTED, set_shares(STARTED, {"canary": 40}, "late"), "set-weight", "taken_over"),
        (PAUSED, replace_weights(PAUSED, "late", {"green": 1}), "file", "taken_over"),
        (STARTED, replace(STARTED, routes=(OTHER,)), "file", "taken_over"),
        (STARTED, moves.freeze_thresholds(STARTED, late(STARTED), (1, 2, 3)), "thresholds", ""),
        (PROMOTED, moves.let_go(PROMOTED, late(PROMOTED)), "let-go", ""),
        (PROMOTED, replace(PROMOTED, routes=(OTHER,)), "file", ""),
        (PLAN, set_shares(PLAN, {"canary": 40}, "late"), "set-weight", ""),
        (STARTED, set_shares(STARTED, {"canary": 40}, "other"), "set-weight", ""),
    ],
)
def test_each_move_has_one_event(before: RoutingPlan, after: RoutingPlan, action: str, event: str) -> None:
    """Whoever made it; what moves no rollout has none."""
    follower = after if after.revision > before.revision else next_of(before, after)
    found = list(transitions(before, follower, action))
    assert [(each.event, each.route) for each in found] == ([(event, "late")] if event else [])


def test_the_end_with_a_route_says_why() -> None:
    """The route is gone, so its progress is too; who is told hears of it all the same."""
    removed = next_of(STARTED, replace(STARTED, routes=(OTHER,)))
    [found] = transitions(STARTED, removed)
    assert found.progress.why == "route late was removed in revision 8; the rollout ended there"
    assert not found.progress.is_active


def test_a_rollout_after_another_has_begun_anew() -> None:
    """Another id is another rollout, though the step is the same."""
    ended = next_of(STARTED, moves.abort(STARTED, late(STARTED), "enough"))
    again = next_of(ended, moves.start(ended, late(ended), "canary", steps=STEPS))
    assert [each.event for each in transitions(ended, again)] == ["started"]
    assert [each.event for each in transitions(STARTED, again)] == ["started"]


def test_the_time_in_a_step_begins_with_some_events_alone() -> None:
    """A pause does not end it, going on does."""
    resumed = next_of(PAUSED, moves.resume(PAUSED, late(PAUSED), "back"))
    onward = next_of(STARTED, moves.advance(STARTED, late(STARTED), "good", NOW))
    for before, after, begins in (
        (PLAN, STARTED, True),
        (PAUSED, resumed, True),
        (STARTED, onward, True),
        (STARTED, PAUSED, False),
        (STARTED, PROMOTED, False),
    ):
        [found] = transitions(before, after)
        assert found.begins_leg == begins


def test_what_is_told_are_plain_values() -> None:
    """Everything a person wants to know, with the step as people count."""
    [found] = transitions(PLAN, STARTED)
    assert told(found, 7, 1.5, "cli:ann") == {
        "event": "started",
        "at": 1.5,
        "route": "late",
        "rollout": 7,
        "revision": 7,
        "canary": "canary",
        "stable": "blue",
        "state": "progressing",
        "step": 1,
        "steps": 3,
        "weight": 5.0,
        "author": "cli:ann",
        "why": "the rollout of canary began",
    }
