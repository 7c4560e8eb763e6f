"""Every revision there has been, durable before anything acts on it.

An SQLite database in write-ahead mode with full synchronisation: when `append` returns, the revision
outlives a kill -9 and a power cut. Any process may read or append; `sqlite3` keeps them apart.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from gateway.routing.document import from_json, to_json
from gateway.routing.plan import RoutingPlan

KEPT = 10_000
"""Revisions kept; the oldest are dropped beyond that."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS revisions (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,          -- seconds since 1970
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    action TEXT NOT NULL,      -- file | set-weight | rollback | restore
    plan BLOB NOT NULL,        -- JSON, deflated
    text BLOB,                 -- routing.yaml, deflated; NULL until known
    file TEXT NOT NULL         -- pending | written | unwritable: does routing.yaml say this
)
"""
_INTEGER_BITS = 63  # more does not fit an SQLite integer
_COLUMNS = "revision, at, author, reason, action, plan, text, file"

FileState = Literal["pending", "written", "unwritable"]


@dataclass(frozen=True, slots=True)
class Revision:
    """One entry of the journal.

    `at` is in seconds since 1970. `text` is the routing.yaml that stands for it, None until it is known;
    `file` says whether routing.yaml has been brought to say so.
    """

    revision: int
    at: float
    author: str
    reason: str
    action: str
    plan: RoutingPlan
    text: str | None
    file: FileState


class Standing(NamedTuple):
    """The latest revision's number, and whether routing.yaml has been brought to say it."""

    revision: int
    file: FileState


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the journal, make its table on first use, close it at the end."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o600))  # SQLite would let others read it
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None)
    try:
        _prepare(connection, path)
        yield connection
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA synchronous=FULL")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        # SQLite does not wait for its turn to switch a new database over, so take turns here.
        with path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(_SCHEMA)
    else:
        connection.execute(_SCHEMA)


@contextmanager
def in_one_piece(connection: sqlite3.Connection) -> Iterator[None]:
    """Make everything written inside durable together, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def append(connection: sqlite3.Connection, revision: Revision) -> None:
    """Add a revision under its own number; on return it is on the disk."""
    plan = _pack(to_json(revision.plan))
    connection.execute(
        f"INSERT INTO revisions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (
            revision.revision,
            revision.at,
            revision.author,
            revision.reason,
            revision.action,
            plan,
            _pack(revision.text),
            revision.file,
        ),
    )
    connection.execute("DELETE FROM revisions WHERE revision <= ?", (revision.revision - KEPT,))


def set_file(connection: sqlite3.Connection, revision: int, text: str | None, file: FileState) -> None:
    """Remember which file text stands for a revision (None: leave as it is) and whether it is written."""
    connection.execute(
        "UPDATE revisions SET text = coalesce(?, text), file = ? WHERE revision = ?",
        (_pack(text), file, revision),
    )


def head(connection: sqlite3.Connection) -> Revision | None:
    """Return the latest revision, or None from an empty journal."""
    return next(_select(connection, "ORDER BY revision DESC LIMIT 1"), None)


def standing(connection: sqlite3.Connection) -> Standing | None:
    """Return where the journal stands, or None from an empty one.

    The plan is not read: with thousands of routes that takes a tenth of a second.
    """
    newest = "SELECT revision, file FROM revisions ORDER BY revision DESC LIMIT 1"
    found = connection.execute(newest).fetchone()
    return Standing(*found) if found else None


def find(connection: sqlite3.Connection, revision: int) -> Revision | None:
    """Return one revision, or None where it never was or is no longer kept."""
    if revision.bit_length() > _INTEGER_BITS:
        return None
    return next(_select(connection, "WHERE revision = ?", revision), None)


def last_written(connection: sqlite3.Connection) -> str | None:
    """Return the text that routing.yaml had when it last said what was live."""
    return _text(connection, "WHERE file = 'written' ORDER BY revision DESC LIMIT 1")


def text_before(connection: sqlite3.Connection, revision: int) -> str | None:
    """Return the file of the latest revision before this one that has a text."""
    earlier = "WHERE revision < ? AND text IS NOT NULL ORDER BY revision DESC LIMIT 1"
    return _text(connection, earlier, revision)


def latest(connection: sqlite3.Connection, count: int, before: int | None = None) -> list[Revision]:
    """Return the latest revisions, newest first; `before`: only those below it."""
    if before is None:
        return list(_select(connection, "ORDER BY revision DESC LIMIT ?", count))
    below = "WHERE revision < ? ORDER BY revision DESC LIMIT ?"
    return list(_select(connection, below, before, count))


def since(connection: sqlite3.Connection, revision: int) -> list[Revision]:
    """Return this revision and all later ones that are kept, oldest first."""
    return list(_select(connection, "WHERE revision >= ? ORDER BY revision", revision))


def _select(connection: sqlite3.Connection, where: str, *values: int) -> Iterator[Revision]:
    # `where` comes from this file alone; what users give is bound as a parameter.
    for row in connection.execute(f"SELECT {_COLUMNS} FROM revisions {where}", values):  # noqa: S608
        revision, at, author, reason, action, packed, text, file = row
        plan = from_json(zlib.decompress(packed))
        yield Revision(revision, at, author, reason, action, plan, _unpack(text), file)


def _text(connection: sqlite3.Connection, where: str, *values: int) -> str | None:
    found = connection.execute(f"SELECT text FROM revisions {where}", values).fetchone()  # noqa: S608 - as above
    return _unpack(found[0]) if found else None


def _pack(text: str | None) -> bytes | None:
    return None if text is None else zlib.compress(text.encode(), 1)


def _unpack(packed: bytes | None) -> str | None:
    return None if packed is None else zlib.decompress(packed).decode()
