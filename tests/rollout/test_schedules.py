"""Another schedule is named only where it is better, and it keeps what it says."""

from __future__ import annotations

import math
import random

from gateway.rollout.outlook import Ask, Better, Outlook, Traffic
from gateway.rollout.planner import plan
from gateway.rollout.schedules import WORTH
from gateway.routing.judges import Judge
from gateway.routing.rollouts import Rollout, Step
from gateway.statistics.walk import draw

PATHS = draw(random.Random(1).random, 200)


def planned(
    *percents: float, rate: float = 50.0, judge: Judge | None = None, errors: float = 0.01
) -> Outlook:
    """Plan steps, for 1 % errors unless said otherwise."""
    steps = (*(Step(round(percent * 1000)) for percent in percents), Step(100_000))
    ask = Ask("canary", "blue", "late", Rollout(steps, judge or Judge()), Traffic(rate, errors))
    return plan(ask, PATHS)


def gained(outlook: Outlook, better: Better) -> float:
    """Return the larger part that is gained of time or of bad answers."""
    assert outlook.worst is not None
    return max(1 - better.seconds / outlook.seconds, 1 - better.bad / outlook.worst.bad)


def test_too_many_steps_can_be_bettered() -> None:
    """No longer and no more bad answers, one of the two much less, and as small a first step."""
    outlook = planned(1, 2, 3, 4, 5, 10, 20, 50)
    better = outlook.better
    assert better is not None
    assert outlook.worst is not None
    assert better.seconds <= outlook.seconds
    assert better.bad <= outlook.worst.bad
    assert gained(outlook, better) >= WORTH
    assert better.steps[0] <= 1.0


def test_what_is_said_of_it_is_what_its_own_plan_says() -> None:
    """Who follows the advice gets those numbers, and is given no other advice of the same worth."""
    better = planned(1, 2, 3, 4, 5, 10, 20, 50).better
    assert better is not None
    followed = planned(*better.steps)
    assert followed.worst is not None
    assert (followed.seconds, followed.worst.bad) == (better.seconds, better.bad)


def test_a_schedule_that_gets_nowhere_can_be_bettered() -> None:
    """At 2 requests a second half of all is never allowed after 1 % within six hours."""
    outlook = planned(1, 50, rate=2.0)
    assert outlook.seconds == math.inf
    assert outlook.better is not None
    assert outlook.better.seconds < 12 * 3600


def test_a_good_schedule_is_left_alone() -> None:
    """And so is one whose errors nobody judges: there is nothing to weigh time against."""
    assert planned(1, 5, 25).better is None
    assert planned(1, 5, 25, judge=Judge(errors=None)).better is None


def test_what_finds_nothing_is_never_recommended() -> None:
    """Not even where the steps asked for find nothing either: fewer steps would only be over sooner."""
    for percents in ((1.0, 5.0, 25.0), (1.0, 2.0, 3.0, 4.0)):
        outlook = planned(*percents, rate=40.0, errors=0.0002)
        assert outlook.better is None or outlook.better.finds is not None
        if outlook.finds is None:
            assert any("no regression that was looked at" in warning for warning in outlook.warnings)


def test_less_is_not_found_by_what_is_better() -> None:
    """Its least regression is no larger than that of the steps asked for."""
    outlook = planned(1, 2, 3, 4, 5, 10, 20, 50)
    assert outlook.better is not None
    assert outlook.better.finds is not None
    assert outlook.finds is None or outlook.better.finds <= outlook.finds
