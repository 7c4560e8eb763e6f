"""A clock that was ahead and is put right."""

from __future__ import annotations

import sqlite3

from gateway.routing.watches import AlertRule, Monitor
from gateway.watching import overview, store
from gateway.watching.turned_back import take_back
from tests.watching.watched import START, Watched, plan_of, record

ERRORS = AlertRule("errors", "errors", ">", 0.05, least=50)
BAD = {"status": 500, "outcome": "server_error"}


def tick(it: Watched, *moments: float) -> None:
    """Have it watched at these seconds after the start, in real time ten seconds apart."""
    watcher = it.watcher()
    for moment in moments:
        it.clock += 10.0
        watcher.tick(START + moment)


def test_watching_goes_on_after_the_clock_was_a_day_ahead(it: Watched) -> None:
    """Errors are told of within minutes, not a day later."""
    it.follow(plan_of((ERRORS,), Monitor(every=60, window=60)))
    it.write([record(n, START + n) for n in range(100)])
    tick(it, 110, 86_400, 86_410)
    it.write([record(500 + n, START + 130 + n, **BAD) for n in range(300)])
    tick(it, *range(130, 440, 10))
    assert [event["state"] for event in it.told] == ["firing"]
    [alert] = overview.alerts(it.places, START + 440)["alerts"]
    assert alert["value"] == 1.0


def test_what_was_counted_before_is_not_counted_again(it: Watched) -> None:
    """Records of the wrong time are, when it comes."""
    it.follow(plan_of((), Monitor(every=60, window=60)))
    it.write([record(n, START + n) for n in range(100)])
    it.write([record(200 + n, START + 3_600 + n) for n in range(10)])
    tick(it, 110, 3_700, 120, 130, 3_500, 3_700, 3_710)
    with store.opened(it.places.watch) as connection:
        found = store.window(connection, "answers", "late", 0, 2**62)
    assert sum(of.n for _, of in found["v1", ""]) == 110


def test_a_clock_that_goes_as_it_should_changes_nothing(db: sqlite3.Connection) -> None:
    """Nor does one that is put back by moments."""
    store.set_marks(db, {"read": START * 1_000_000, "looked:late": START * 1_000_000})
    assert not take_back(db, (START - 32) * 1_000_000, START - 30.0)
    assert set(store.marks(db).values()) == {START * 1_000_000}
    assert take_back(db, (START - 92) * 1_000_000, START - 90.0)
    assert set(store.marks(db).values()) == {(START - 92) * 1_000_000}
