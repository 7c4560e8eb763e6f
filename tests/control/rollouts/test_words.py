"""What is next, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.control.rollouts.words import duration, is_paused_by_hand, next_in_words, place, times, weight
from gateway.rollout.moves import pause, start
from gateway.routing.judges import ErrorsJudge, Judge, LatencyJudge, Metric
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.rollouts import Progress, Rollout, Step

PLAN = RoutingPlan(
    (Service("blue"), Service("canary")), (Route("late", "/late", "blue", (("blue", UNITS),)),), revision=1
)


def begun(judge: Judge = Judge(), steps: tuple[Step, ...] = (Step(5000), Step(UNITS))) -> RoutingPlan:  # noqa: B008
    """A rollout at its first step."""
    route = replace(PLAN.routes[0], rollout=Rollout(judge=judge))
    plan = replace(PLAN, routes=(route,))
    return start(plan, route, "canary", steps=steps)


def told(judge: Judge = Judge(), *steps: Step) -> str:  # noqa: B008
    """What is next at the first of these steps."""
    return next_in_words(begun(judge, (*steps, Step(UNITS))).routes[0])


def progress(plan: RoutingPlan) -> Progress:
    """Where the rollout stands."""
    found = plan.routes[0].progress
    assert found is not None
    return found


def test_the_margin_is_that_of_the_next_step() -> None:
    """The smaller the share, the more may be wrong with it: together they cost the same."""
    few = (Step(1000), Step(5000), Step(25_000))
    assert told(Judge(), *few) == "it gets 5 % once it is shown no more than 11 times as bad as blue"
    assert (
        told(Judge(), Step(5000))
        == "it becomes stable once it is shown no more than 1.5 times as bad as blue"
    )
    assert [times(1.5, share) for share in (1.0, 0.25, 0.001)] == ["1.5 times", "3 times", "501 times"]


def test_two_margins_are_both_told() -> None:
    """Errors and slow answers, each with its own."""
    judge = Judge(errors=ErrorsJudge(margin=2.0), latency=LatencyJudge(margin=1.2))
    assert told(judge, Step(5000)) == (
        "it becomes stable once it is shown to fail no more than 2 times as often as blue and to be slow no "
        "more than 1.2 times as often"
    )


def test_judges_elsewhere_are_named() -> None:
    """Beside ours, or alone."""
    metrics = (Metric("revenue", "http", "http://x"),)
    assert told(Judge(metrics=metrics), Step(5000)).endswith("as bad as blue and passed by revenue")
    alone = Judge(errors=None, latency=None, metrics=metrics)
    assert told(alone, Step(5000)) == "it becomes stable once it is shown passed by revenue"
    assert told(Judge(errors=None, latency=None), Step(5000)) == "it becomes stable once its verdict is in"


def test_a_step_may_wait_for_a_time_or_a_person() -> None:
    """Time alone makes nobody stable."""
    timed, by_hand = Step(5000, "time", 600.0), Step(5000, "person")
    assert told(Judge(), timed, Step(25_000)) == "it gets 25 % 10 min after this step began"
    assert told(Judge(), timed).startswith("it becomes stable 10 min after this step began, once it is shown")
    said = told(Judge(), by_hand, Step(25_000))
    assert said == "it gets 25 % when a person takes the next step (`gateway promote`)"


def test_a_paused_one_says_who_can_go_on() -> None:
    """And that the judge still takes it back."""
    plan = begun()
    found = next_in_words(pause(plan, plan.routes[0], "cli:me paused it").routes[0])
    assert found.startswith("it keeps its 5 % until somebody resumes it (`gateway resume`)")


def test_without_a_rollout_nothing_is_next() -> None:
    """Nor after one."""
    route = begun().routes[0]
    assert next_in_words(PLAN.routes[0]) == ""
    assert next_in_words(replace(route, progress=replace(progress(begun()), state="degraded"))) == ""


def test_a_step_is_named_by_its_place_and_share() -> None:
    """Counted from 1."""
    assert (place(progress(begun())), weight(progress(begun()))) == ("step 1 of 2", "5 %")


@pytest.mark.parametrize(
    ("why", "held_by", "expected"),
    [
        ("cli:me paused it", "", True),
        ("api:127.0.0.1 paused it: wait", "", True),
        ("a person has to look at it: outputs moved", "outputs", False),
        ("blackout: for 12 s no worker has said anything", "", False),
        ("after 6 h there is no verdict: cli:me paused it", "", False),
    ],
)
def test_a_pause_of_a_person_is_told_from_others(why: str, held_by: str, expected: bool) -> None:
    """Whoever paused it needs no warning."""
    plan = begun()
    found = progress(pause(plan, plan.routes[0], why, held_by))
    assert is_paused_by_hand(found) is expected
    assert not is_paused_by_hand(replace(found, state="progressing"))


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        *(
            (0.2, "0 s"),
            (40, "40 s"),
            (203.4, "3 min 23 s"),
            (600, "10 min"),
            (3600, "1 h"),
            (5400, "1 h 30 min"),
        ),
        *((7261, "2 h 1 min"), (21_600, "6 h"), (90_000, "1 d 1 h"), (172_800, "2 d"), (-3, "0 s")),
    ],
)
def test_a_time_has_two_units_at_most(seconds: float, written: str) -> None:
    """As people say it."""
    assert duration(seconds) == written
