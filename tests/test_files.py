"""Files that are read and replaced whole."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from gateway.files import Busy, held, read_small, replace_file, sync


def test_a_small_file_is_read_whole_and_a_larger_one_not_at_all(tmp_path: Path) -> None:
    """As many bytes as are allowed, through a link too, as secrets are mounted."""
    path, link = tmp_path / "key", tmp_path / "link"
    path.write_bytes(b"12345")
    link.symlink_to(path)
    assert read_small(path, 5) == read_small(link, 6) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes") as raised:
        read_small(path, 4)
    assert raised.value.filename == str(path)
    path.write_bytes(b"")
    assert read_small(path, 0) == b""


def test_what_is_no_file_is_never_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a device without an end, a folder, a name that cannot be one."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match="it is not a file") as raised:
            read_small(path, 100)
        assert raised.value.strerror == "it is not a file"
    for name in ("a\0b", "a\ud800b"):
        with pytest.raises(OSError, match="its name cannot be one"):
            read_small(tmp_path / name, 100)
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "none", 100)
    with open("/proc/self/status", "rb") as status:  # a file that says it is empty
        assert read_small(Path("/proc/self/status"), 100_000)[:5] == status.read(5)


def test_a_reader_sees_the_old_or_the_new(tmp_path: Path) -> None:
    """Who had it open keeps what it had; nothing else is left in the folder."""
    path = tmp_path / "report.json"
    replace_file(path, b"1")
    with path.open("rb") as before:
        replace_file(path, b"22")
        assert before.read() == b"1"
    assert path.read_bytes() == b"22"
    assert [found.name for found in tmp_path.iterdir()] == ["report.json"]


def test_what_cannot_be_written_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full, say."""
    path = tmp_path / "report.json"
    replace_file(path, b"old")

    def full(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"


def test_files_and_folders_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its own descriptor, which is closed whatever happens."""
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    (tmp_path / "a").touch()
    sync(tmp_path / "a")
    sync(tmp_path)
    assert synced == [str(tmp_path / "a"), str(tmp_path)]
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "none")


def test_a_lock_is_waited_for_so_long_and_no_longer(tmp_path: Path) -> None:
    """Who waits too long hears which lock it was; it is free again once its holder has let go, however."""
    path = tmp_path / "lock"
    with held(path, 1.0), pytest.raises(Busy, match=r"lock has been held for 0\.01 s"), held(path, 0.01):
        raise AssertionError("two hold it")
    with pytest.raises(LookupError), held(path, 0.01):
        raise LookupError
    with held(path, 0.01):
        assert path.exists()


def test_of_many_one_holds_it_at_a_time(tmp_path: Path) -> None:
    """Nobody is let in between the reading and the writing of another."""
    path, count = tmp_path / "lock", [0]

    def add() -> None:
        for _ in range(20):
            with held(path, 60.0):
                count.append(count[-1] + 1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count == list(range(81))
