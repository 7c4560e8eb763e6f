"""A step of a planned rollout: when it is over, and for whom."""

from __future__ import annotations

import math
import random

import pytest

from gateway.rollout.outlook import Ask, Traffic
from gateway.rollout.stages import Fate, fates, lengths, stages_of, unhurt, with_steps
from gateway.routing.judges import Judge
from gateway.routing.rollouts import Rollout, Step
from gateway.statistics.walk import draw, quantile

PATHS = draw(random.Random(1).random, 150)
STEPS = (Step(5_000), Step(25_000, "time", 60.0), Step(50_000, "person"), Step(100_000))


def ask(*steps: Step, part: float = 1.0, keyed: bool = False) -> Ask:
    """Ask for steps at 20 requests a second with 1 % errors."""
    return Ask(
        "canary", "blue", "late", Rollout(steps or STEPS), Traffic(20.0, 0.01, stable_part=part), keyed
    )


def test_a_stage_is_asked_what_the_judge_asks() -> None:
    """Margins are those of the next step, and what is bad at stable is known for each question."""
    first, second, third = stages_of(ask())
    assert [
        question.margin for question in (first.questions[0], second.questions[0], third.questions[0])
    ] == [
        3.0,
        2.0,
        1.5,
    ]
    assert first.bases == pytest.approx((0.01, 0.5, 0.05, 0.01))
    assert (first.next_weight, third.next_weight) == (25_000, 100_000)


def test_other_services_of_the_route_are_no_evidence() -> None:
    """With half of the rest at stable, 25 % of the route is 40 % of what the two take together."""
    stage = stages_of(ask(Step(25_000), Step(100_000), part=0.5))[0]
    assert stage.share == pytest.approx(0.4)
    assert stage.rate == pytest.approx(12.5)


def test_a_step_is_over_when_all_have_passed_it() -> None:
    """With the requests it must have; a pause alone ends it unless everything comes next."""
    first, second, _ = stages_of(ask())
    assert first.over(100.0) == 500
    assert first.over(9000.0) == 9000.0
    assert second.is_timed
    assert second.over(9000.0) == 1200.0
    last = stages_of(ask(Step(25_000, "time", 60.0), Step(100_000)))[0]
    assert not last.is_timed
    assert last.over(9000.0) == 9000.0
    assert last.over(700.0) == 1200.0
    assert last.limit == (60 + Judge().max_wait) * 20


def test_the_slowest_judge_decides_how_long_it_takes() -> None:
    """Path by path."""
    stage = stages_of(ask())[0]
    found = lengths(stage, PATHS)
    for length, *passes in zip(found, *unhurt(stage, PATHS), strict=True):
        assert length == max(500.0, *passes)
    assert quantile(lengths(stages_of(ask())[1], PATHS), 0.5) == 1200.0


def test_a_bad_version_is_found_or_goes_on_or_stays() -> None:
    """One of the three, on each path."""
    stage = stages_of(ask())[0]
    for fate in fates(stage, {0: 3.0}, (), PATHS):
        assert fate.is_found + fate.goes_on <= 1
        assert fate.stays <= stage.limit
        if not fate.is_found and not fate.goes_on:
            assert fate.stays == stage.limit
    assert Fate(10.0, 20.0, 100.0).is_found
    assert Fate(20.0, 10.0, 100.0).goes_on
    assert not Fate(math.inf, 200.0, 100.0).goes_on


def test_what_lies_behind_has_a_span_every_ten_minutes() -> None:
    """As the judge counts them; a route with keys has one for the whole step."""
    stage, keyed = stages_of(ask())[0], stages_of(ask(keyed=True))[0]
    assert stage.stretch(30_000.0, 1.0).spans == 3
    assert keyed.stretch(30_000.0, 1.0).spans == 1


def test_other_steps_make_another_question() -> None:
    """Each until its verdict, and at last everything."""
    found = with_steps(ask(), (2_000, 10_000))
    assert found.rollout.steps == (Step(2_000), Step(10_000), Step(100_000))
    assert found.traffic == ask().traffic
