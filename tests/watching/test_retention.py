"""Old summaries become coarser and lose nothing but their minutes."""

from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from gateway.watching import retention, store
from gateway.watching.harvests import DAY
from gateway.watching.retention import FINE, HOUR, HOURLY, KEPT, coarsen
from gateway.watching.store import Place
from gateway.watching.summary import Answers, total

MINUTE = 60_000_000
NOW = 20_000 * DAY


def spans(db: sqlite3.Connection) -> dict[int, int]:
    """Return how many rows there are of each span."""
    return dict(db.execute("SELECT span, count(*) FROM summaries GROUP BY span").fetchall())


def fill(db: sqlite3.Connection, starts: list[int]) -> None:
    """Put a minute of one answer at each start."""
    for start in starts:
        store.add(db, {Place("answers", "late", "v1", "", start, MINUTE): Answers(1)})


def test_minutes_become_hours_and_hours_days(db: sqlite3.Connection) -> None:
    """Two days of minutes, ninety of hours; what is older is days."""
    fill(db, [NOW - FINE - 3 * HOUR + minute * MINUTE for minute in range(120)])
    fill(db, [NOW - HOURLY - 2 * DAY + hour * HOUR for hour in range(48)])
    fill(db, [NOW - minute * MINUTE for minute in range(30)])
    coarsen(db, "answers", "late", NOW)
    assert spans(db) == {MINUTE: 30, HOUR: 2, DAY: 2}
    rows = [one for _, one in store.window(db, "answers", "late", 0, 2**62)["v1", ""]]
    assert total(Answers, rows).n == 120 + 48 + 30


def test_it_can_be_done_again_and_again(db: sqlite3.Connection) -> None:
    """A second time changes nothing."""
    fill(db, [NOW - FINE - 3 * HOUR + minute * MINUTE for minute in range(120)])
    assert coarsen(db, "answers", "late", NOW) == 120
    assert coarsen(db, "answers", "late", NOW) == 0


def test_after_ten_years_it_is_gone(db: sqlite3.Connection) -> None:
    """So the database is bounded."""
    fill(db, [NOW - KEPT - 1, NOW])
    assert coarsen(db, "answers", "late", NOW) == 1
    assert spans(db) == {MINUTE: 1}


def test_what_comes_late_joins_its_hour(db: sqlite3.Connection) -> None:
    """A label of a prediction whose minute has become an hour."""
    begin = NOW - FINE - 3 * HOUR
    fill(db, [begin + minute * MINUTE for minute in range(60)])
    coarsen(db, "answers", "late", NOW)
    fill(db, [begin, begin + 7 * MINUTE])
    coarsen(db, "answers", "late", NOW)
    assert store.window(db, "answers", "late", 0, 2**62) == {("v1", ""): [(begin, Answers(62))]}


@given(st.lists(st.integers(0, 4 * 365 * 24 * 60), max_size=40))
def test_nothing_is_lost_on_the_way(minutes: list[int]) -> None:
    """Whatever ages there are, the sum stays."""
    with sqlite3.connect(":memory:", isolation_level=None) as db:
        for table in store._TABLES:
            db.execute(table)
        fill(db, [NOW - minute * MINUTE for minute in minutes])
        coarsen(db, "answers", "late", NOW)
        rows = [one for _, one in store.window(db, "answers", "late", 0, 2**62).get(("v1", ""), [])]
        assert total(Answers, rows).n == len(minutes)
    db.close()


def test_bins_that_nothing_is_counted_in_are_forgotten(db: sqlite3.Connection) -> None:
    """But for those in use now."""
    store.set_bases(db, [("old", "late", "v1", 1, "{}"), ("new", "late", "v1", 2, "{}")])
    retention.forget_bases(db)
    assert db.execute("SELECT digest FROM bases").fetchall() == [("new",)]


def test_what_waits_for_the_detectors_is_left_alone(db: sqlite3.Connection) -> None:
    """Days of labels are removed once they are judged, and not before."""
    fill(db, [NOW])
    store.add(db, {Place("days", "late", "v1", "", 0, DAY): Answers(1)})
    assert list(retention.ages(db)) == [("answers", "late")]
