"""When what is looked at."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from gateway.routing.watches import Monitor
from gateway.watching import store
from gateway.watching.clocks import MOST_BEHIND, SOFTWARE, Clock, begin_of, clocks
from gateway.watching.store import Place
from gateway.watching.summary import Answers
from gateway.watching.windows import FIELD_GROUPS
from tests.watching.watched import plan_of

MINUTE = 60_000_000
CLOCK = Clock("late", SOFTWARE, MINUTE, 10 * MINUTE, "looked:late", 100 * MINUTE + 5)


def test_every_full_bucket_is_looked_at_once() -> None:
    """From where the data begin, then from the last look on; never in the midst of a bucket."""
    assert list(CLOCK.due({}, 98 * MINUTE + 7)) == [99 * MINUTE, 100 * MINUTE]
    assert list(CLOCK.due({"looked:late": 99 * MINUTE}, 0)) == [100 * MINUTE]
    assert list(CLOCK.due({"looked:late": 100 * MINUTE}, 0)) == []


def test_after_a_long_pause_the_oldest_are_left_out() -> None:
    """Their minutes are hours by now."""
    late = replace(CLOCK, upto=(MOST_BEHIND + 500) * MINUTE)
    assert len(late.due({"looked:late": 0}, 0)) == MOST_BEHIND


def test_a_route_with_its_own_time_has_two_clocks() -> None:
    """Answers by when they were given, predictions by when they belong; nothing before the log was read."""
    plan = plan_of(monitor=Monitor(every=60, window=3_600, time="when"))
    assert list(clocks(plan, {})) == []
    assert [it.mark for it in clocks(plan, {"read": 5})] == ["seen:", "looked:late"]
    found = list(clocks(plan, {"read": 5, "time:late": 3}))
    assert [(it.route, it.groups, it.upto) for it in found[1:]] == [
        ("late", SOFTWARE, 5),
        ("late", FIELD_GROUPS, 3),
    ]
    assert found[1].window == 60 * MINUTE


def test_a_route_that_is_not_watched_has_none() -> None:
    """Nor one that is not logged."""
    plan = plan_of(monitor=Monitor(groups=()))
    assert [it.route for it in clocks(plan, {"read": 5})] == [""]
    [route] = plan_of().routes
    assert [it.route for it in clocks(replace(plan, routes=(replace(route, log=None),)), {"read": 5})] == [""]


def test_data_begin_with_the_first_bucket(db: sqlite3.Connection) -> None:
    """Of that route; without any there is nothing to catch up with."""
    store.add(db, {Place("answers", "late", "v1", "", 7 * MINUTE, MINUTE): Answers(1)})
    assert begin_of(db, "late", 9 * MINUTE) == 7 * MINUTE
    assert begin_of(db, "early", 9 * MINUTE) == 9 * MINUTE
