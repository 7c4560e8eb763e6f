"""Summaries, marks and states in SQLite: added up, whole or not at all."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.routing.journal import in_one_piece
from gateway.watching import store
from gateway.watching.store import Place
from gateway.watching.summary import Answers, Predictions, Truths, Values

MINUTE = 60_000_000
AT = Place("answers", "late", "v1", "", 10 * MINUTE, MINUTE)


def test_what_is_added_to_a_bucket_is_added_up(db: sqlite3.Connection) -> None:
    """However often something more comes of the same minute."""
    for n in (3, 4):
        store.add(db, {AT: Answers(n, {"ok": n}, {5: n})})
    found = store.window(db, "answers", "late", 0, 11 * MINUTE)
    assert found == {("v1", ""): [(10 * MINUTE, Answers(7, {"ok": 7}, {5: 7}))]}


def test_a_window_has_the_buckets_that_begin_in_it(db: sqlite3.Connection) -> None:
    """From its start, up to before its end; each version and its bins apart, other routes not at all."""
    for minute in range(5):
        for route, version, basis in (("late", "v1", "a"), ("late", "v1", "b"), ("early", "v1", "a")):
            place = Place("predictions", route, version, basis, minute * MINUTE, MINUTE)
            store.add(db, {place: Predictions(1, {"x": Values(1, bins={0: 1})})})
    found = store.window(db, "predictions", "late", MINUTE, 3 * MINUTE)
    assert {key: [start for start, _ in rows] for key, rows in found.items()} == {
        ("v1", "a"): [MINUTE, 2 * MINUTE],
        ("v1", "b"): [MINUTE, 2 * MINUTE],
    }


def test_summaries_and_marks_are_kept_together_or_not_at_all(db: sqlite3.Connection) -> None:
    """Who is killed in between has counted nothing."""

    def half_done() -> None:
        with in_one_piece(db):
            store.add(db, {AT: Answers(3)})
            store.set_marks(db, {"read": 7})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    assert store.marks(db) == {}
    assert store.window(db, "answers", "late", 0, 2**60) == {}


def test_states_are_kept_by_key_until_they_are_forgotten(db: sqlite3.Connection) -> None:
    """Each kind apart."""
    store.set_states(db, "alert", {("a", "ü"): {"x": 1}, ("b", ""): {"x": 2}})
    store.set_states(db, "notice", {("a", "ü"): {"x": 3}})
    store.set_states(db, "alert", {("b", ""): None})
    assert store.states(db, "alert") == {("a", "ü"): {"x": 1}}


def test_versions_that_share_a_model_have_bins_each(db: sqlite3.Connection) -> None:
    """The bins used last are those a version is counted in."""
    store.set_bases(db, [("d1", "late", "v1", 1, "{}"), ("d1", "late", "v2", 1, "{}")])
    store.set_bases(db, [("d2", "late", "v1", 2, "[]")])
    assert store.bases(db, "late") == {"v1": ("d2", "[]"), "v2": ("d1", "{}")}


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds counts of users' data, and categories."""
    with store.opened(tmp_path / "other.db"):
        assert stat.S_IMODE((tmp_path / "other.db").stat().st_mode) == 0o600


def test_a_damaged_file_is_told_of(tmp_path: Path) -> None:
    """With what to do about it."""
    (tmp_path / "bad.db").write_bytes(b"no database at all, but long enough to be looked at" * 50)
    with pytest.raises(GatewayError, match="move it away"), store.opened(tmp_path / "bad.db"):
        pass


def test_a_damaged_summary_is_told_of(db: sqlite3.Connection) -> None:
    """It is not read as something else."""
    with pytest.raises(GatewayError, match="cannot be read"):
        store.read("truths", '{"nonsense": 1}')


def test_a_summary_can_be_removed(db: sqlite3.Connection) -> None:
    """That one alone."""
    later = Place("days", "late", "v1", "m", 20 * MINUTE, MINUTE)
    store.add(db, {Place("days", "late", "v1", "m", 10 * MINUTE, MINUTE): Truths(1), later: Truths(2)})
    store.remove(db, "days", "late", "v1", "m", 10 * MINUTE)
    assert store.window(db, "days", "late", 0, 2**60) == {("v1", "m"): [(20 * MINUTE, Truths(2))]}
