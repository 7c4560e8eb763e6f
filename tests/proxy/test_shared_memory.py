"""Shared files: made whole, owned for as long as a process lives, and never a reason to die."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.proxy.shared_memory import KeyedHash, clear_away, foreign, owned, shared, shared_hash

MAGIC = b"a magic!"
SIZE = 3 * 4096
OWNER = """
import sys
from pathlib import Path
from gateway.proxy.shared_memory import owned, shared_hash
content = owned(Path(sys.argv[1]), 3 * 4096, b"a magic!")
content[100] = 7
print(shared_hash(Path(sys.argv[2])).of(b"address"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a shared file may be."""
    return tmp_path / "worker-1-2.counts"


def full(fd: int, offset: int, size: int) -> None:
    """Be a memory that is full."""
    raise OSError(28, "No space left on device")


def test_what_the_owner_writes_others_read_at_once_and_cannot_change(path: Path) -> None:
    """A new file is zeros after the magic; the view of another is read-only."""
    mine = owned(path, SIZE, MAGIC)
    seen = foreign(path, SIZE, MAGIC)
    assert seen is not None
    assert seen[: len(MAGIC)] == MAGIC
    assert not any(seen[len(MAGIC) :])
    mine[SIZE - 1] = 5
    assert seen[SIZE - 1] == 5
    with pytest.raises(TypeError):
        seen[0] = 1
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_is_still_being_made_is_not_read(path: Path) -> None:
    """Nor is one of another layout, or one that is gone."""
    path.touch()
    assert foreign(path, SIZE, MAGIC) is None
    path.write_bytes(b"a layout".ljust(SIZE, b"\0"))
    assert foreign(path, SIZE, MAGIC) is None
    path.unlink()
    assert foreign(path, SIZE, MAGIC) is None


def test_a_file_lives_as_long_as_its_process(path: Path, tmp_path: Path) -> None:
    """While its owner lives it cannot be cleared away; after kill -9 it can, and views of it remain."""
    command = [sys.executable, "-c", OWNER, str(path), str(tmp_path / "key")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        seen = foreign(path, SIZE, MAGIC)
        assert seen is not None
        assert not clear_away(path)
        assert path.exists()
        owner.kill()
    assert clear_away(path)
    assert not path.exists()
    assert clear_away(path)
    assert seen[100] == 7


def test_an_owner_begins_anew_where_one_before_it_left_something(path: Path) -> None:
    """Who still reads the old file keeps it as it was."""
    path.write_bytes(MAGIC + b"x" * (SIZE - len(MAGIC)))
    old = foreign(path, SIZE, MAGIC)
    assert old is not None
    assert not any(owned(path, SIZE, MAGIC)[len(MAGIC) :])
    assert old[SIZE - 1] == ord("x")


def test_an_owner_whose_file_is_cleared_away_before_it_is_locked_makes_another(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker cannot tell a file that is not locked yet from an orphan."""
    cleared: list[bool] = []
    lock = fcntl.flock

    def late(fd: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        cleared.append(clear_away(path))
        lock(fd, how)

    monkeypatch.setattr(fcntl, "flock", late)
    content = owned(path, SIZE, MAGIC)
    assert cleared == [True]
    content[50] = 9
    seen = foreign(path, SIZE, MAGIC)
    assert seen is not None
    assert seen[50] == 9


def test_a_file_that_all_write_keeps_what_is_in_it(path: Path) -> None:
    """Whoever comes later finds what was written."""
    first, second = shared(path, SIZE), shared(path, SIZE)
    assert not any(first)
    first[7] = 1
    assert second[7] == shared(path, SIZE)[7] == 1


def test_all_processes_hash_alike_and_nobody_else_does(tmp_path: Path, path: Path) -> None:
    """The key is made once; another gateway has another."""
    mine = shared_hash(tmp_path / "key").of(b"address")
    command = [sys.executable, "-c", OWNER, str(path), str(tmp_path / "key")]
    assert subprocess.run(command, input="", capture_output=True, text=True, check=True).stdout == f"{mine}\n"
    assert shared_hash(tmp_path / "other").of(b"address") != mine
    assert shared_hash(tmp_path / "key").of(b"addresz") != mine
    assert not list(tmp_path.glob(".*"))


def test_of_two_that_make_the_key_at_once_the_first_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second takes the key that it finds."""
    key = tmp_path / "key"
    link = os.link

    def beaten(source: Path, target: Path) -> None:
        target.write_bytes(b"k" * 32)
        link(source, target)

    monkeypatch.setattr(os, "link", beaten)
    assert shared_hash(key).of(b"x") == KeyedHash(b"k" * 32).of(b"x")
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_a_full_memory_leaves_a_worker_to_itself_and_is_reported(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It counts in memory of its own; the log says what holds no longer and what to do."""
    monkeypatch.setattr(os, "posix_fallocate", full)
    for content in (owned(path, SIZE, MAGIC), shared(path, SIZE)):
        content[SIZE - 1] = 1
        assert len(content) == SIZE
    assert caplog.text.count("limits hold in each worker by itself; make room in") == 2
    assert foreign(path, SIZE, MAGIC) is None
    assert clear_away(path)


def test_a_key_that_cannot_be_kept_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The worker hashes with one of its own."""
    hashing = shared_hash(tmp_path / "nowhere" / "key")
    assert hashing.of(b"x") == hashing.of(b"x")
    assert "No such file or directory" in caplog.text
