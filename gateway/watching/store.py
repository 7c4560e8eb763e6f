"""Summaries, how far they go, and the state of alerts, in one SQLite database (state/watch.db).

How far the log has been read is kept in the same transaction as what was read, so a process that is killed at
any point neither counts a record twice nor misses one.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.errors import GatewayError
from gateway.watching.summary import KINDS, Summary, added, from_document, to_document

_TABLES = (
    """CREATE TABLE IF NOT EXISTS summaries (
    kind TEXT NOT NULL,        -- answers | predictions | truths | resources | losses
    route TEXT NOT NULL,
    version TEXT NOT NULL,
    basis TEXT NOT NULL,       -- the bins it was counted in, empty where there are none
    start INTEGER NOT NULL,    -- microseconds since 1970
    span INTEGER NOT NULL,     -- microseconds
    body TEXT NOT NULL,        -- JSON
    PRIMARY KEY (kind, route, version, basis, start)
) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS bases (
    digest TEXT NOT NULL, route TEXT NOT NULL, version TEXT NOT NULL,
    at INTEGER NOT NULL,       -- when it was used last
    body TEXT NOT NULL,
    PRIMARY KEY (route, version, digest)
) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS states (
    kind TEXT NOT NULL,        -- alert | notice | decay
    key TEXT NOT NULL,         -- a JSON list of what it is of
    body TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS silences (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, route TEXT NOT NULL, author TEXT NOT NULL,
    reason TEXT NOT NULL, since REAL NOT NULL, until REAL NOT NULL
)""",
)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Which summary: of what kind, of whom, counted in which bins, from when on and for how long (µs)."""

    kind: str
    route: str
    version: str
    basis: str
    start: int
    span: int


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database, made on first use; raises GatewayError where it cannot be used."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o600))  # SQLite would let others read it
    connection = sqlite3.connect(path, timeout=10.0, isolation_level=None)
    try:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            for table in _TABLES:
                connection.execute(table)
        except sqlite3.DatabaseError as error:
            raise GatewayError(
                f"{path} cannot be used ({error}); see that it belongs to you and its disk is not full. "
                "If it is damaged, move it away: summaries are then made anew from the log, alerts begin anew"
            ) from error
        yield connection
    finally:
        connection.close()


def remove(
    connection: sqlite3.Connection, kind: str, route: str, version: str, basis: str, start: int
) -> None:
    """Remove a summary."""
    connection.execute(
        "DELETE FROM summaries WHERE kind = ? AND route = ? AND version = ? AND basis = ? AND start = ?",
        (kind, route, version, basis, start),
    )


def add(connection: sqlite3.Connection, summaries: Mapping[Place, Summary]) -> None:
    """Add summaries to those of the same bucket."""
    for place, summary in summaries.items():
        key = (place.kind, place.route, place.version, place.basis, place.start)
        found = connection.execute(
            "SELECT body, span FROM summaries WHERE kind = ? AND route = ? AND version = ? AND basis = ? "
            "AND start = ?",
            key,
        ).fetchone()
        span = place.span
        if found is not None:
            summary = added(read(place.kind, found[0]), summary)
            span = max(span, found[1])
        body = json.dumps(to_document(summary), separators=(",", ":"))
        insert = "INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?, ?, ?)"
        connection.execute(insert, (*key, span, body))


def read(kind: str, body: str) -> Any:
    """Return a summary from its JSON; raises GatewayError where it is damaged."""
    try:
        return from_document(KINDS[kind], json.loads(body))  # type: ignore[type-var]
    except ValueError as error:
        raise GatewayError(f"a summary in watch.db cannot be read: {error}; move watch.db away") from error


def window(
    connection: sqlite3.Connection, name: str, route: str, start: int, end: int
) -> dict[tuple[str, str], list[tuple[int, Any]]]:
    """Return the summaries of buckets that begin from `start` up to before `end`, by version and bins."""
    rows = connection.execute(
        "SELECT version, basis, start, body FROM summaries WHERE kind = ? AND route = ? AND start >= ? "
        "AND start < ? ORDER BY version, basis, start",
        (name, route, start, end),
    )
    found: dict[tuple[str, str], list[tuple[int, Any]]] = {}
    for version, basis, at, body in rows:
        found.setdefault((version, basis), []).append((at, read(name, body)))
    return found


def begin(connection: sqlite3.Connection, name: str, route: str, at: int) -> int | None:
    """Return when a route's first bucket begins, `at` where that is earlier, None where there is none."""
    of = "FROM summaries WHERE kind = ? AND route = ?"
    if connection.execute(f"SELECT 1 {of} AND start <= ? LIMIT 1", (name, route, at)).fetchone():
        return at
    row = connection.execute(f"SELECT min(start) {of}", (name, route)).fetchone()
    return row[0] if row else None


def marks(connection: sqlite3.Connection) -> dict[str, int]:
    """Return every mark: how far something has come, in microseconds since 1970."""
    return dict(connection.execute("SELECT name, at FROM marks"))


def set_marks(connection: sqlite3.Connection, found: Mapping[str, int]) -> None:
    """Keep marks, instead of those of the same name."""
    connection.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?)", found.items())


def states(connection: sqlite3.Connection, kind: str) -> dict[tuple[str, ...], Any]:
    """Return what is kept of a kind, by its key."""
    rows = connection.execute("SELECT key, body FROM states WHERE kind = ? ORDER BY key", (kind,))
    return {tuple(json.loads(key)): json.loads(body) for key, body in rows}


def set_states(connection: sqlite3.Connection, kind: str, found: Mapping[tuple[str, ...], Any]) -> None:
    """Keep states by their keys; None: forget it."""
    for key, body in found.items():
        text = json.dumps(key)
        if body is None:
            connection.execute("DELETE FROM states WHERE kind = ? AND key = ?", (kind, text))
        else:
            row = (kind, text, json.dumps(body))
            connection.execute("INSERT OR REPLACE INTO states VALUES (?, ?, ?)", row)


def set_bases(connection: sqlite3.Connection, rows: Iterable[tuple[str, str, str, int, str]]) -> None:
    """Keep bins: digest, route, version, when they were used last, JSON."""
    connection.executemany("INSERT OR REPLACE INTO bases VALUES (?, ?, ?, ?, ?)", rows)


def bases(connection: sqlite3.Connection, route: str) -> dict[str, tuple[str, str]]:
    """Return the digest and the JSON of the bins that each version of a route was counted in last."""
    rows = connection.execute(
        "SELECT version, digest, body FROM bases WHERE route = ? ORDER BY at, digest", (route,)
    )
    return {version: (digest, body) for version, digest, body in rows}
