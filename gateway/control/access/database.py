"""state/access.db: who may come in. Only hashes of secrets are in it, and only this user may read it.

Written ahead (WAL): it is read with each request, and must not wait for whoever writes. The command line
writes as well as the control process, and may be stopped half-way.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gateway.routing.journal import in_one_piece

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
    last_used REAL,            -- to the minute
    made_with TEXT NOT NULL DEFAULT ''  -- the token that it was made with; empty: none
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    digest BLOB PRIMARY KEY,   -- SHA-256 of the cookie
    token TEXT NOT NULL,       -- the token it was begun with; empty: none
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    routes TEXT,
    begun REAL NOT NULL,
    ends REAL NOT NULL,
    seen REAL NOT NULL,        -- to the minute
    granted TEXT NOT NULL DEFAULT ''  -- what an identity provider said for the role; empty: none did
) WITHOUT ROWID;
"""
_SINCE_2 = "ALTER TABLE tokens ADD COLUMN made_with TEXT NOT NULL DEFAULT '';"
_SINCE_3 = "ALTER TABLE sessions ADD COLUMN granted TEXT NOT NULL DEFAULT '';"
_VERSION = 3
BUSY_MS: Final = 5000
"""Milliseconds that a change waits for another one."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database, make its tables on first use, close it at the end."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o600))  # SQLite would let others read it
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)
    try:
        if _version(connection) < _VERSION:
            # SQLite does not wait for its turn to switch a database over, so take turns here.
            with path.with_suffix(".lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                connection.execute("PRAGMA journal_mode=WAL")
                with in_one_piece(connection):
                    _bring_up(connection)
        connection.execute("PRAGMA synchronous=FULL")  # what was revoked stays so through a power cut
        yield connection
    finally:
        connection.close()


def held(path: Path, owner: object) -> None:
    """Keep the database open as long as `owner` lives.

    The files of the WAL stay then; whoever opens it would have to make them anew, which a full disk forbids.
    """
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    weakref.finalize(owner, connection.close)
    _version(connection)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _bring_up(connection: sqlite3.Connection) -> None:
    """Make the tables, or add what they lack, unless another process did so meanwhile."""
    found = _version(connection)
    if found < 1:
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
    elif found < _VERSION:
        for statement in (_SINCE_2, _SINCE_3)[found - 1 :]:
            connection.execute(statement)
    if found < _VERSION:
        connection.execute(f"PRAGMA user_version={_VERSION}")


def note(connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> None:
    """Write down when something was used: a full disk must not keep anybody out, so it is only logged.

    Nor does it wait for another who writes.
    """
    try:
        connection.execute("PRAGMA busy_timeout=0")
        connection.execute(statement, values)
    except sqlite3.OperationalError as error:
        log.warning("%s; when a token or a session was last used is not written down", error)
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def packed(routes: frozenset[str] | None) -> str | None:
    """Return a scope as it is stored."""
    return None if routes is None else json.dumps(sorted(routes))


def unpacked(routes: str | None) -> frozenset[str] | None:
    """Return a scope as it was before it was stored."""
    return None if routes is None else frozenset(json.loads(routes))
