"""One look at one rollout: considered, and carried out in one piece."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import ChangeRefused
from gateway.rollout import moves
from gateway.rollout.course import Course
from gateway.rollout.evidence import Evidence
from gateway.rollout.turn import Considered, Overtaken, carry_out, consider, move
from gateway.routing import journal
from gateway.routing.change import Request
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.rollouts import Progress
from gateway.routing.shares import set_shares
from tests.rollout.controller_site import Stage

NOW, WALL = 1000.0, 1.6e9


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A gateway whose route `late` is at the first step of rollout 2."""
    made = Stage.made(tmp_path)
    made.start()
    yield made
    shutil.rmtree(made.site.places.run.resolve())


def considered(stage: Stage, elapsed: float = 7.0) -> tuple[Considered, Course]:
    """Look at the rollout as a tick does."""
    route, ports = stage.site.live().routes[0], stage.ports()
    assert route.progress is not None
    reader = ports.reader(stage.site.places, 2, None)
    course = Course(reader, Evidence(2), elapsed, NOW)
    course.look(route, NOW)
    return consider(ports, route, route.progress, course, NOW, WALL), course


def test_the_situation_says_what_counts_beside_the_evidence(stage: Stage) -> None:
    """No hook is asked while the step goes on."""
    seen, course = considered(stage)
    assert (seen.situation.elapsed, seen.situation.silent, seen.situation.gate) == (7.0, 0.0, "none")
    assert seen.decision is None
    assert stage.elsewhere.asked == []
    found = seen.decided(course, 5, WALL)
    assert (found.rollout, found.route, found.revision, found.at) == (2, "late", 5, WALL)
    assert found.evidence == course.evidence
    assert found.rollout_spec.judge == found.judge


@pytest.mark.parametrize("says", ["none", "open"])
def test_a_hook_that_opens_lets_it_go_on(stage: Stage, says: str) -> None:
    """Its answer is part of what the decision is recorded with."""
    stage.judge.outcome = "pass"
    stage.elsewhere.says = (says, "")  # type: ignore[assignment]
    seen, _ = considered(stage)
    assert seen.decision is not None
    assert seen.decision.event == "advance"
    assert seen.situation.gate == says
    assert stage.elsewhere.asked == [(0, "before_step")]


@pytest.mark.parametrize("says", ["asked", "held"])
def test_a_hook_that_does_not_open_holds_it(stage: Stage, says: str) -> None:
    """With its reason."""
    stage.judge.outcome = "pass"
    stage.elsewhere.says = (says, "not yet")  # type: ignore[assignment]
    seen, _ = considered(stage)
    assert (seen.decision, seen.situation.gate, seen.situation.gate_why) == (None, says, "not yet")


@pytest.mark.parametrize(("outcome", "kept"), [("pass", 0.0), ("hold", 7.0), ("fail", 7.0)])
def test_plan_evidence_and_record_are_one(stage: Stage, outcome: str, kept: float) -> None:
    """One revision; the time in the step is kept where the step is."""
    stage.judge.outcome = outcome  # type: ignore[assignment]
    seen, course = considered(stage)
    assert seen.decision is not None
    plan = carry_out(stage.site.places, stage.ports(), seen, course, WALL)
    assert plan == stage.site.live()
    assert plan.revision == 3
    assert stage.kept(2) == (course.evidence, kept)
    [found] = stage.decided()
    assert (found.revision, found.decision) == (3, seen.decision)
    assert (stage.site.head().author, stage.site.head().action) == ("rollout", seen.decision.event)
    stage.progress()


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda plan, route: moves.pause(plan, route, "lunch"),
        lambda plan, route: moves.advance(plan, route, "go", WALL),
        lambda plan, route: moves.abort(plan, route, "enough"),
        lambda plan, _: set_shares(plan, {"canary": 40}, "late"),
    ],
)
def test_what_was_moved_meanwhile_is_left_alone(stage: Stage, meanwhile: object) -> None:
    """The decision was about a place where the rollout is no more: nothing is journalled."""
    stage.judge.outcome = "pass"
    seen, course = considered(stage)
    plan = stage.move("by hand", meanwhile)
    with pytest.raises(Overtaken, match="moved by somebody else"):
        carry_out(stage.site.places, stage.ports(), seen, course, WALL)
    assert stage.site.live() == plan
    assert stage.decided() == []


def test_a_change_elsewhere_is_no_obstacle(stage: Stage) -> None:
    """Another route, or this route's other settings: the decision holds."""
    stage.judge.outcome = "pass"
    seen, course = considered(stage)
    stage.change("set-weight", lambda plan: set_shares(plan, {"canary": 40}, "other"))
    assert carry_out(stage.site.places, stage.ports(), seen, course, WALL).revision == 4
    assert stage.progress().step == 1


def test_a_move_that_is_refused_is_not_taken_for_one_that_came_late(stage: Stage) -> None:
    """Its reason is the caller's to tell."""
    route = stage.site.live().routes[0]
    assert route.progress is not None

    def refused(plan: RoutingPlan, route: Route) -> RoutingPlan:
        raise ChangeRefused("not like this")

    with pytest.raises(ChangeRefused, match="not like this") as found:
        move(stage.site.places, Request("advance", "rollout"), "late", route.progress, refused)
    assert not isinstance(found.value, Overtaken)


def test_a_route_that_is_gone_was_overtaken(stage: Stage) -> None:
    """As one that was moved."""
    gone = Progress(2, "canary", "blue", "progressing", 0, (), "it began")
    with pytest.raises(Overtaken, match="route nowhere"):
        move(stage.site.places, Request("advance", "rollout"), "nowhere", gone, lambda plan, _: plan)
    with journal.opened(stage.site.places.journal) as connection:
        head = journal.head(connection)
    assert head is not None
    assert head.revision == 2
