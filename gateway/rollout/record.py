"""What a rollout has shown and what was decided from it, durable in the journal's database.

A decision is written in one piece with the revision that carries it out, together with everything it was made
from: so it can be derived again by whoever doubts it.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from gateway.errors import GatewayError
from gateway.rollout.documents import from_document, to_document
from gateway.rollout.evidence import Evidence
from gateway.rollout.ports import Decided
from gateway.routing.journal import in_one_piece

__all__ = [
    "Decided",
    "Recorded",
    "append_decided",
    "decided",
    "load_evidence",
    "recorded",
    "replayed",
    "save_evidence",
]

ROLLOUTS_KEPT = 2_000
"""Rollouts whose evidence and decisions are kept, the latest."""
DECISIONS_KEPT = 2_000
"""Decisions kept of one rollout; of those by which nothing happened the oldest go first, the others stay."""

_TABLES = (
    """CREATE TABLE IF NOT EXISTS evidence (
    rollout INTEGER PRIMARY KEY,
    elapsed REAL NOT NULL,     -- seconds in the step
    body BLOB NOT NULL         -- JSON, deflated
)""",
    """CREATE TABLE IF NOT EXISTS decisions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,          -- seconds since 1970
    rollout INTEGER NOT NULL,
    route TEXT NOT NULL,
    revision INTEGER NOT NULL,
    event TEXT NOT NULL,       -- advance | complete | pause | fail, empty: nothing happened
    body BLOB NOT NULL         -- JSON of all that it was made from, deflated
)""",
    "CREATE INDEX IF NOT EXISTS decisions_of_rollout ON decisions (rollout, seq)",
)
_COLUMNS = "seq, at, rollout, route, revision, event, body"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One row of the decisions, as it lies there."""

    seq: int
    at: float
    rollout: int
    route: str
    revision: int
    event: str
    body: bytes

    def decided(self) -> Decided:
        """Return what the row says; raises ValueError, with the reason, where it cannot be that."""
        found = from_document(Decided, _unpacked(self.body))
        if _columns(found) != (self.at, self.rollout, self.route, self.revision, self.event):
            raise ValueError("its columns and its body say different things")
        return found


def save_evidence(connection: sqlite3.Connection, rollout: int, evidence: Evidence, elapsed: float) -> None:
    """Keep a rollout's evidence and the seconds in its step, instead of what was kept before."""
    with _whole(connection):
        _prepare(connection)
        connection.execute(
            "INSERT INTO evidence (rollout, elapsed, body) VALUES (?, ?, ?) ON CONFLICT (rollout) "
            "DO UPDATE SET elapsed = excluded.elapsed, body = excluded.body",
            (rollout, elapsed, _packed(evidence)),
        )
        connection.execute(
            "DELETE FROM evidence WHERE rollout NOT IN "
            "(SELECT rollout FROM evidence ORDER BY rollout DESC LIMIT ?)",
            (ROLLOUTS_KEPT,),
        )


def load_evidence(connection: sqlite3.Connection, rollout: int) -> tuple[Evidence, float] | None:
    """Return what was kept last, or None; raises GatewayError where it cannot be read."""
    _prepare(connection)
    select = "SELECT body, elapsed FROM evidence WHERE rollout = ?"
    row = connection.execute(select, (rollout,)).fetchone()
    if row is None:
        return None
    try:
        return from_document(Evidence, _unpacked(row[0])), float(row[1])
    except ValueError as error:
        raise GatewayError(
            f"the evidence of rollout {rollout} in the journal cannot be read ({error}), so it cannot go on; "
            "abort it and begin anew"
        ) from error


def append_decided(connection: sqlite3.Connection, decided: Decided) -> None:
    """Add a decision to those made before; within a transaction it becomes durable with that."""
    with _whole(connection):
        _prepare(connection)
        connection.execute(
            "INSERT INTO decisions (at, rollout, route, revision, event, body) VALUES (?, ?, ?, ?, ?, ?)",
            (*_columns(decided), _packed(decided)),
        )
        _forget(connection, decided.rollout)


def decided(connection: sqlite3.Connection, rollout: int | None = None) -> Iterator[Decided]:
    """Yield the decisions of one rollout or of all, oldest first; raises GatewayError at one unreadable."""
    for row in recorded(connection, rollout):
        try:
            yield row.decided()
        except ValueError as error:
            raise GatewayError(f"decision {row.seq} in the journal cannot be read: {error}") from error


def recorded(connection: sqlite3.Connection, rollout: int | None = None) -> Iterator[Recorded]:
    """Yield the rows of one rollout or of all, oldest first, whether or not they can be read."""
    _prepare(connection)
    select = f"SELECT {_COLUMNS} FROM decisions WHERE ? IS NULL OR rollout = ? ORDER BY seq"  # noqa: S608
    for row in connection.execute(select, (rollout, rollout)):
        yield Recorded(*row)


def replayed(connection: sqlite3.Connection) -> int:
    """Return how many decisions there are to be derived again."""
    _prepare(connection)
    count: int = connection.execute("SELECT count(*) FROM decisions").fetchone()[0]
    return count


def _forget(connection: sqlite3.Connection, rollout: int) -> None:
    count = connection.execute("SELECT count(*) FROM decisions WHERE rollout = ?", (rollout,)).fetchone()[0]
    if count > DECISIONS_KEPT:
        connection.execute(
            "DELETE FROM decisions WHERE seq IN (SELECT seq FROM decisions "
            "WHERE rollout = ? AND event = '' ORDER BY seq LIMIT ?)",
            (rollout, count - DECISIONS_KEPT),
        )
    if count == 1:  # only a rollout's first decision can be one rollout too many
        connection.execute(
            "DELETE FROM decisions WHERE rollout NOT IN "
            "(SELECT DISTINCT rollout FROM decisions ORDER BY rollout DESC LIMIT ?)",
            (ROLLOUTS_KEPT,),
        )


def _prepare(connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        connection.execute(table)


def _whole(connection: sqlite3.Connection) -> AbstractContextManager[None]:
    return nullcontext() if connection.in_transaction else in_one_piece(connection)


def _columns(decided: Decided) -> tuple[float, int, str, int, str]:
    event = decided.decision.event if decided.decision else ""
    return decided.at, decided.rollout, decided.route, decided.revision, event


def _packed(value: object) -> bytes:
    document = to_document(value)
    return zlib.compress(json.dumps(document, separators=(",", ":"), allow_nan=False).encode(), 1)


def _unpacked(body: object) -> Any:
    if not isinstance(body, bytes):
        raise ValueError("its body is no deflated JSON")
    try:
        return json.loads(zlib.decompress(body))
    except (zlib.error, RecursionError) as error:
        raise ValueError(f"its body is no deflated JSON ({error})") from error
