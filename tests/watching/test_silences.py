"""Silences are kept with who asked for them, and end."""

from __future__ import annotations

import sqlite3

from gateway.watching import silences
from gateway.watching.silences import REMEMBERED, add, end, end_one, in_force


def test_a_silence_holds_for_its_time(db: sqlite3.Connection) -> None:
    """And has a number, an author and a reason."""
    made = add(db, "errors", "late", "cli:ada", "a test", 100.0, 160.0)
    assert in_force(db, 100.0) == [made]
    assert in_force(db, 160.0) == []
    assert (made.rule, made.route, made.author, made.reason) == ("errors", "late", "cli:ada", "a test")


def test_it_can_be_ended_by_rule_or_number(db: sqlite3.Connection) -> None:
    """On one route or all; what is over cannot be ended again."""
    one = add(db, "errors", "late", "a", "r", 100.0, 200.0)
    two = add(db, "errors", "", "a", "r", 100.0, 200.0)
    add(db, "drift", "late", "a", "r", 100.0, 200.0)
    assert [it.id for it in end(db, "errors", "late", 110.0)] == [one.id]
    assert end_one(db, two.id, 110.0) == two
    assert end_one(db, two.id, 110.0) is None
    assert [it.rule for it in in_force(db, 111.0)] == ["drift"]
    assert end(db, "drift", "", 112.0)
    assert in_force(db, 113.0) == []


def test_long_past_ones_are_forgotten(db: sqlite3.Connection) -> None:
    """So the table is bounded."""
    add(db, "errors", "", "a", "r", 100.0, 200.0)
    add(db, "errors", "", "a", "r", 201.0 + REMEMBERED, 300.0 + REMEMBERED)
    assert db.execute("SELECT count(*) FROM silences").fetchone() == (1,)
    assert silences.in_force(db, 250.0 + REMEMBERED)
