"""Labels by the day of their prediction, told to the detectors in order and once."""

from __future__ import annotations

import sqlite3

import pytest

from gateway.routing.journal import in_one_piece
from gateway.watching import decays, store
from gateway.watching.decays import follow, losses, verdicts
from gateway.watching.store import Place
from gateway.watching.summary import Truths

DAY = 86_400_000_000
EVER = 2**62
SCORED = Truths(10, 10, 10, 0, 8, 4.0, 2.0, positives={150: 5}, negatives={50: 5})


def tell(db: sqlite3.Connection, day: int, truths: Truths) -> None:
    """Keep the labels of a day, and have the detectors follow."""
    with in_one_piece(db):
        store.add(db, {Place("days", "late", "v1", "m", day * DAY, DAY): truths})
        follow(db)


def waiting(db: sqlite3.Connection) -> list[int]:
    """Return the days that are not judged yet."""
    found = store.window(db, "days", "late", 0, 2**62)
    return [start // DAY for rows in found.values() for start, _ in rows]


def test_a_day_is_judged_once_a_later_one_has_labels(db: sqlite3.Connection) -> None:
    """Until then more may come; it waits in the database."""
    tell(db, 1, SCORED)
    tell(db, 1, SCORED)
    assert waiting(db) == [1]
    tell(db, 2, SCORED)
    assert waiting(db) == [2]
    [state] = store.states(db, "decay").values()
    assert state["n"] == 20
    assert state["losses"]["surprise"]["waiting"] == {"at": 86_400.0, "n": 20, "total": pytest.approx(4.0)}


def test_labels_that_come_after_their_day_count_with_the_next(db: sqlite3.Connection) -> None:
    """They are not lost, and no day is judged twice."""
    for day in (1, 2, 1, 3):
        tell(db, day, SCORED)
    assert waiting(db) == [3]
    [state] = store.states(db, "decay").values()
    assert state["n"] == 30


def test_losses_are_those_that_the_truth_allows() -> None:
    """Probabilities have two, names of classes one, numbers one, nothing none."""
    assert losses(SCORED) == {"surprise": (0.2, 10), "1 - auc": (0.0, 10)}
    assert losses(Truths(4, 4, 4, brier=1.0, positives={1: 4})) == {"surprise": (0.25, 4)}
    assert losses(Truths(4, 4, 0, 0, 3)) == {"error rate": (0.25, 4)}
    assert losses(Truths(4, 0, 0, 4, absolute=8.0)) == {"absolute error": (2.0, 4)}
    assert losses(Truths(4)) == {}


def test_corrections_of_days_that_were_judged_do_no_harm(db: sqlite3.Connection) -> None:
    """A truth taken back and said anew adds nothing to judge."""
    tell(db, 1, SCORED)
    tell(db, 2, SCORED)
    tell(db, 1, Truths(0, 0, 0, 0, -2, positives={150: -1}, negatives={150: 1}))
    [state] = store.states(db, "decay").values()
    assert state["n"] == 10


def test_a_verdict_says_how_much_since_when_and_of_what(db: sqlite3.Connection) -> None:
    """Nothing while the beginning is learnt; then evidence, and the means before and after."""
    for day in range(1, 40):
        tell(db, day, Truths(40, 40, 40, brier=8 + day % 7 / 20))
    for day in range(40, 80):
        tell(db, day, Truths(40, 40, 40, brier=20.0 + day / 100))
    found = dict(verdicts(db, EVER))
    verdict = found["late", "v1", "m"]
    assert verdict.evidence >= 1
    assert verdict.since is not None
    assert 38 * 86_400 <= verdict.since < 80 * 86_400
    assert verdict.baseline == pytest.approx(0.2, abs=0.02)
    assert verdict.recent == pytest.approx(0.5, abs=0.02)
    assert verdict.loss == "surprise"


def test_without_labels_there_is_no_verdict(db: sqlite3.Connection) -> None:
    """Nor while a version's beginning is still learnt from."""
    tell(db, 1, SCORED)
    tell(db, 2, SCORED)
    assert list(verdicts(db, EVER)) == []


def evidence(db: sqlite3.Connection, day: int) -> float | None:
    """Return what spoke for decay at the end of a day."""
    found = dict(verdicts(db, (day + 1) * DAY))
    return found["late", "v1", "m"].evidence if found else None


def rotting(db: sqlite3.Connection, days: range) -> None:
    """Tell of days that are worse from the fortieth on."""
    for day in days:
        worse = 20.0 + day / 100 if day >= 40 else 8 + day % 7 / 20
        tell(db, day, Truths(40, 40, 40, brier=worse))


def test_a_moment_is_judged_by_what_was_known_then(db: sqlite3.Connection) -> None:
    """Whoever looks later at moments that have passed, as a fast replay does, dates alarms as if in time."""
    in_time = []
    for day in range(1, 70):
        rotting(db, range(day, day + 1))
        in_time.append(evidence(db, day))
    assert [evidence(db, day) for day in range(1, 70)] == in_time
    assert in_time[30:40] != [None] * 10
    assert (in_time[35] or 0.0) < 1 <= (in_time[-1] or 0.0)


def test_labels_of_an_old_day_do_not_change_what_was_known(db: sqlite3.Connection) -> None:
    """They are judged when they come, so they speak from then on."""
    rotting(db, range(1, 70))
    before = [evidence(db, day) for day in range(60, 70)]
    tell(db, 20, Truths(40, 40, 40, brier=1.0))
    assert [evidence(db, day) for day in range(60, 69)] == before[:-1]
    assert evidence(db, 69) != before[-1]


def test_verdicts_are_forgotten_once_their_moment_was_looked_at(db: sqlite3.Connection) -> None:
    """But for the last one, which holds on; those of other routes stay."""
    rotting(db, range(1, 70))
    found = [evidence(db, day) for day in (50, 60, 69)]
    decays.forget(db, "early", 60 * DAY)
    assert evidence(db, 50) == found[0]
    decays.forget(db, "late", 61 * DAY)
    assert [evidence(db, day) for day in (50, 60, 69)] == [None, *found[1:]]
    [state] = store.states(db, "decay").values()
    assert len(state["told"]) == 10
