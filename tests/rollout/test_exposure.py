"""What a bad version costs from its first request to its last."""

from __future__ import annotations

import random

import pytest

from gateway.rollout.exposure import LAG, exposures, worst_of
from gateway.rollout.outlook import ERROR_RISKS, Ask, Traffic
from gateway.rollout.stages import stages_of
from gateway.routing.judges import Judge
from gateway.routing.rollouts import Rollout, Step
from gateway.statistics.walk import draw

PATHS = draw(random.Random(1).random, 200)


def found(*percents: float, rate: float = 50.0, judge: Judge | None = None) -> dict[float, tuple[float, ...]]:
    """Return by size: found, promoted, step, bad."""
    steps = (*(Step(round(percent * 1000)) for percent in percents), Step(100_000))
    ask = Ask("canary", "blue", "late", Rollout(steps, judge or Judge()), Traffic(rate, 0.01))
    seen = exposures(ask, stages_of(ask), PATHS)
    return {one.size: (one.found, one.promoted, one.step, one.bad) for one in seen}


def test_each_regression_ends_one_way_or_another() -> None:
    """The chances add up to no more than 1, and what is much worse is always found, in the first step."""
    seen = found(1, 5, 25)
    assert tuple(seen) == ERROR_RISKS
    for taken, promoted, _, bad in seen.values():
        assert taken + promoted <= 1.0
        assert bad > 0
    assert seen[20.0][:3] == (1.0, 0.0, 1)
    assert seen[1.5][2] == 3


def test_a_smaller_first_step_costs_less_where_the_fault_is_gross() -> None:
    """Fewer users meet it before it is found."""
    assert found(1, 25)[20.0][3] < found(25)[20.0][3]


def test_where_nobody_looks_in_time_the_lag_is_what_it_costs() -> None:
    """At 2,000 requests a second a version 20 times as bad is found at once, and still has a second."""
    more = 0.2 - 0.01
    assert found(25, rate=2000.0)[20.0][3] == pytest.approx(LAG * 2000 * 0.25 * more, rel=0.2)


def test_no_verdict_in_time_holds_it_or_lets_it_on() -> None:
    """As the route wants it; to everything it never goes without a verdict."""
    held = found(1, 5, rate=0.2)
    gone = found(1, 5, rate=0.2, judge=Judge(then="promote"))
    assert held[1.5][0] + held[1.5][1] < 0.2
    assert gone[1.5][3] > held[1.5][3], "it comes to the second step"
    assert gone[1.5][1] < 0.2


def test_the_worst_is_the_one_with_most_bad_answers() -> None:
    """And there is none where errors are not judged."""
    ask = Ask("canary", "blue", "late", Rollout(judge=Judge(errors=None)), Traffic(50.0, 0.01))
    assert exposures(ask, stages_of(ask), PATHS) == ()
    assert worst_of(()) is None
    ask = Ask("canary", "blue", "late", Rollout(), Traffic(50.0, 0.01))
    seen = exposures(ask, stages_of(ask), PATHS)
    worst = worst_of(seen)
    assert worst is not None
    assert worst.bad == max(one.bad for one in seen)
