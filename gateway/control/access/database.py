"""state/access.db: who may come in. Only hashes of secrets are in it, and only this user may read it.

A rollback journal, not write-ahead: it is read with each request and hardly ever written, by the control
process and by the command line alike.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger("gateway.control")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY,
    digest BLOB NOT NULL,      -- SHA-256 of the secret
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    routes TEXT,               -- a JSON list; NULL: all
    created REAL NOT NULL,     -- seconds since 1970, as all times here
    created_by TEXT NOT NULL,
    expires REAL,              -- NULL: never
    revoked REAL,
    last_used REAL             -- to the minute
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    digest BLOB PRIMARY KEY,   -- SHA-256 of the cookie
    token TEXT NOT NULL,       -- the token it was begun with; empty: none
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    routes TEXT,
    begun REAL NOT NULL,
    ends REAL NOT NULL,
    seen REAL NOT NULL         -- to the minute
) WITHOUT ROWID;
"""
_VERSION = 1


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database, make its tables on first use, close it at the end."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o600))  # SQLite would let others read it
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT")
        yield connection
    finally:
        connection.close()


def note(connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> None:
    """Write down when something was used: a full disk must not keep anybody out, so it is only logged."""
    try:
        connection.execute(statement, values)
    except sqlite3.OperationalError as error:
        log.warning("%s; when a token or a session was last used is not written down", error)


def packed(routes: frozenset[str] | None) -> str | None:
    """Return a scope as it is stored."""
    return None if routes is None else json.dumps(sorted(routes))


def unpacked(routes: str | None) -> frozenset[str] | None:
    """Return a scope as it was before it was stored."""
    return None if routes is None else frozenset(json.loads(routes))
