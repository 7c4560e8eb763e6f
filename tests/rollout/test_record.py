"""The record: evidence and decisions come back as they were written, in one piece with their revision."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.rollout import record
from gateway.rollout.decision import Decision, Situation
from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.record import (
    Decided,
    append_decided,
    decided,
    load_evidence,
    recorded,
    replayed,
    save_evidence,
)
from gateway.rollout.verdict import MetricVerdict, Verdict
from gateway.routing import journal
from gateway.routing.judges import Judge
from gateway.routing.rollouts import Progress, Rollout

EVIDENCE = Evidence(5, (Span(1, 0, 0, 5, 0.1, Counts(3, (1,)), Counts(30, (2,))),), (0.1, 1 / 3))
ADVANCE = Decision("advance", "it is good")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return a journal that knows nothing of rollouts yet."""
    with journal.opened(tmp_path / "journal.db") as found:
        yield found


def noted(rollout: int = 5, at: float = 1.0, decision: Decision | None = None) -> Decided:
    """Return what was decided, or that nothing was."""
    spec = Rollout()
    progress = Progress(rollout, "green", "blue", "progressing", 0, spec.steps, "it began")
    verdict = Verdict("pass", "well", (MetricVerdict("errors", "pass", "well", worse=0.1 + 0.2),))
    evidence = replace(EVIDENCE, id=rollout)
    return Decided(
        at, rollout, "late", 9, Judge(), progress, spec, evidence, (), Situation(1.5), verdict, decision
    )


def test_evidence_comes_back_as_it_was_kept_last(connection: sqlite3.Connection) -> None:
    """One for each rollout, with the seconds in its step."""
    assert load_evidence(connection, 5) is None
    save_evidence(connection, 5, Evidence(5), 1.0)
    save_evidence(connection, 5, EVIDENCE, 0.1 + 0.2)
    save_evidence(connection, 6, Evidence(6), 2.0)
    assert load_evidence(connection, 5) == (EVIDENCE, 0.1 + 0.2)
    assert load_evidence(connection, 6) == (Evidence(6), 2.0)


def test_decisions_come_back_in_their_order(connection: sqlite3.Connection) -> None:
    """Of one rollout or of all."""
    assert list(decided(connection)) == []
    written = [noted(5), noted(6, 2.0), noted(5, 3.0, ADVANCE)]
    for one in written:
        append_decided(connection, one)
    assert list(decided(connection)) == written
    assert list(decided(connection, 5)) == [written[0], written[2]]
    assert replayed(connection) == 3


def test_a_decision_is_durable_with_its_revision_or_not_at_all(connection: sqlite3.Connection) -> None:
    """What is written inside of a transaction goes with it; outside of one it is a piece of its own."""
    append_decided(connection, noted())

    def fail() -> None:
        with journal.in_one_piece(connection):
            save_evidence(connection, 5, EVIDENCE, 1.0)
            append_decided(connection, noted(at=2.0))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert load_evidence(connection, 5) is None
    assert [one.at for one in decided(connection)] == [1.0]
    assert not connection.in_transaction


def test_of_many_decisions_those_that_did_something_stay(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest of the others go first; other rollouts are left alone."""
    monkeypatch.setattr(record, "DECISIONS_KEPT", 4)
    append_decided(connection, noted(4))
    for at in range(10):
        append_decided(connection, noted(5, float(at), ADVANCE if at in (1, 2) else None))
    assert [one.at for one in decided(connection, 5)] == [1.0, 2.0, 8.0, 9.0]
    assert len(list(decided(connection, 4))) == 1


def test_only_the_latest_rollouts_are_kept(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was decided in older ones and what they had shown go together."""
    monkeypatch.setattr(record, "ROLLOUTS_KEPT", 3)
    for rollout in range(1, 7):
        for at in (1.0, 2.0):
            append_decided(connection, noted(rollout, at))
        save_evidence(connection, rollout, Evidence(rollout), 1.0)
    assert [one.rollout for one in decided(connection)] == [4, 4, 5, 5, 6, 6]
    assert [load_evidence(connection, rollout) is None for rollout in range(1, 7)] == [True] * 3 + [False] * 3


@pytest.mark.parametrize("body", [b"", b"x\x9cnonsense", "text"])
def test_what_was_damaged_is_an_error_that_says_where(connection: sqlite3.Connection, body: object) -> None:
    """Nobody goes on from half of it."""
    append_decided(connection, noted())
    save_evidence(connection, 5, EVIDENCE, 1.0)
    connection.execute("UPDATE decisions SET body = ?", (body,))
    connection.execute("UPDATE evidence SET body = ?", (body,))
    with pytest.raises(
        GatewayError, match="decision 1 in the journal cannot be read: its body is no deflated"
    ):
        list(decided(connection))
    with pytest.raises(GatewayError, match=r"evidence of rollout 5 .* abort it and begin anew"):
        load_evidence(connection, 5)
    assert [row.seq for row in recorded(connection)] == [1]


@pytest.mark.parametrize("column", ["at", "rollout", "route", "revision", "event"])
def test_columns_that_say_something_else_are_noticed(connection: sqlite3.Connection, column: str) -> None:
    """A row is one thing: what it is found by and what it holds belong together."""
    append_decided(connection, noted())
    connection.execute(f"UPDATE decisions SET {column} = 77")
    (row,) = recorded(connection)
    with pytest.raises(ValueError, match="different things"):
        row.decided()


def test_two_processes_may_write_at_once(tmp_path: Path, connection: sqlite3.Connection) -> None:
    """The tables are made by whoever comes first."""
    with journal.opened(tmp_path / "journal.db") as other:
        append_decided(other, noted(5))
        append_decided(connection, noted(6))
        assert [one.rollout for one in decided(other)] == [5, 6]
