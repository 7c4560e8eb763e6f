"""The database of tokens and sessions: private from its first moment, never a reason to keep anybody out."""

from __future__ import annotations

import logging
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.access import database
from gateway.control.access.database import held, note, opened, packed, unpacked
from gateway.routing.journal import in_one_piece
from tests.waiting import BOUND


def test_only_this_user_may_read_it(tmp_path: Path) -> None:
    """What is written ahead included."""
    path = tmp_path / "access.db"
    with opened(path) as connection, in_one_piece(connection):
        connection.execute("DELETE FROM tokens")
        connection.execute("PRAGMA user_version=7")
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("*.db*")}
    assert modes == {"access.db": 0o600, "access.db-wal": 0o600, "access.db-shm": 0o600}


def test_many_may_be_the_first(tmp_path: Path) -> None:
    """The control process and the command line make the tables at the same time."""

    def first(_: int) -> int:
        with opened(tmp_path / "access.db") as connection:
            return int(connection.execute("SELECT count(*) FROM tokens").fetchone()[0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(first, range(8))) == [0] * 8


def test_what_fails_halfway_never_happened(tmp_path: Path) -> None:
    """A failed change leaves nothing behind."""
    with opened(tmp_path / "access.db") as connection:
        row = "INSERT INTO sessions VALUES (x'00', '', 'a', 'viewer', NULL, 0, 0, 0, '')"
        with pytest.raises(sqlite3.IntegrityError), in_one_piece(connection):
            [connection.execute(row) for _ in range(2)]
        assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (0,)


def test_a_full_disk_keeps_nobody_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """When something was last used is not worth a refusal; the log says that it is missing."""
    path = tmp_path / "access.db"
    with opened(path):
        pass
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with caplog.at_level(logging.WARNING):
        note(connection, "UPDATE tokens SET last_used = ? WHERE id = ?", (1.0, "00000000"))
    connection.close()
    assert "readonly database; when a token or a session was last used" in caplog.text


@given(st.none() | st.frozensets(st.text(max_size=9), max_size=3))
def test_a_scope_is_read_as_it_was_written(routes: frozenset[str] | None) -> None:
    """All routes, no route and any names stay apart."""
    assert unpacked(packed(routes)) == routes


def test_who_writes_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is stopped half-way: others read, and when they came is left out at once."""
    monkeypatch.setattr(database, "BUSY_MS", round(2000 * BOUND))  # for those who wait
    path = tmp_path / "access.db"
    begun = time.monotonic()
    with opened(path) as writer, in_one_piece(writer), opened(path) as reader:
        writer.execute("DELETE FROM tokens")
        assert reader.execute("SELECT count(*) FROM tokens").fetchone() == (0,)
        note(reader, "UPDATE tokens SET last_used = ? WHERE id = ?", (1.0, "00000000"))
    assert time.monotonic() - begun < BOUND


def test_one_from_before_gets_what_it_lacks(tmp_path: Path) -> None:
    """Its tokens stay, and were made with none; no provider is known to have given its sessions."""
    path = tmp_path / "access.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(
            "CREATE TABLE tokens (id TEXT PRIMARY KEY, digest BLOB, name TEXT, role TEXT, routes TEXT,"
            " created REAL, created_by TEXT, expires REAL, revoked REAL, last_used REAL);"
            "CREATE TABLE sessions (digest BLOB PRIMARY KEY, token TEXT);"
            "INSERT INTO sessions VALUES (x'00', '');"
            "INSERT INTO tokens (id) VALUES ('1'); PRAGMA user_version=1"
        )
    for _ in range(2):
        with opened(path) as connection:
            assert connection.execute("SELECT id, made_with FROM tokens").fetchall() == [("1", "")]
            assert connection.execute("SELECT granted FROM sessions").fetchall() == [("",)]
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_is_held_keeps_its_files(tmp_path: Path) -> None:
    """So that reading makes none; they go with the last of those who have it open."""

    class Owner:
        pass

    path, owner = tmp_path / "access.db", Owner()
    with opened(path):
        held(path, owner)
    assert (tmp_path / "access.db-shm").exists()
    del owner
    with opened(path):
        pass
    assert not (tmp_path / "access.db-shm").exists()
