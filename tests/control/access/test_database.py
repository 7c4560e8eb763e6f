"""The database of tokens and sessions: private from its first moment, never a reason to keep anybody out."""

from __future__ import annotations

import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.access.database import note, opened, packed, unpacked
from gateway.routing.journal import in_one_piece


def test_only_this_user_may_read_it(tmp_path: Path) -> None:
    """Its journal, which is there while something is written, included."""
    path = tmp_path / "access.db"
    with opened(path) as connection, in_one_piece(connection):
        connection.execute("DELETE FROM tokens")
        connection.execute("PRAGMA user_version=7")
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {"access.db": 0o600, "access.db-journal": 0o600}


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
        row = "INSERT INTO sessions VALUES (x'00', '', 'a', 'viewer', NULL, 0, 0, 0)"
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
