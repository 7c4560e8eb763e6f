"""Labels on disk: whole or not at all, whoever writes at the same time."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest

from gateway.requestlog.label_lines import Label
from gateway.requestlog.labels import LabelStore
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.secrets import Secrets
from tests.waiting import BOUND

NOW = 1_795_248_000.0
FILE = "2026-11-21T08.ndjson"


def labels(count: int, name: str = "a") -> list[Label]:
    """Return labels of as many keys."""
    return [Label("", 0, "late", f"{name}{n}", "1", 1.0) for n in range(count)]


def store(folder: Path) -> LabelStore:
    """Return a store in a folder."""
    return LabelStore(LogPlaces(folder), Secrets(b"k" * 32), {}, lambda: NOW)


def lines(folder: Path) -> list[dict[str, object]]:
    """Return what the hour's file holds."""
    return [json.loads(line) for line in (folder / "labels" / FILE).read_bytes().splitlines()]


def test_a_label_is_a_line_of_its_hour(tmp_path: Path) -> None:
    """With when it came; what it does not say is left out."""
    store(tmp_path).append(labels(1))
    assert lines(tmp_path) == [
        {"row": 0, "route": "late", "key": "a0", "label": "1", "value": 1.0, "received": int(NOW * 1e6)}
    ]
    assert (tmp_path / "labels" / FILE).stat().st_mode & 0o777 == 0o600


def test_none_make_no_file(tmp_path: Path) -> None:
    """An empty batch is nothing."""
    store(tmp_path).append([])
    assert not (tmp_path / "labels").exists()


def _write(folder: Path, name: str) -> None:
    found = store(folder)
    for _ in range(20):
        found.append(labels(50, name))


def test_writers_at_the_same_time_leave_whole_lines(tmp_path: Path) -> None:
    """The admin API and an import from the command line."""
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(tmp_path, name)) for name in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(BOUND)
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert len(lines(tmp_path)) == 4_000


def test_a_full_disk_keeps_nothing_of_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller hears of it; what was there before stays whole."""
    found = store(tmp_path)
    found.append(labels(3))
    writing = os.write
    room = [100]

    def write(fd: int, data: memoryview) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = writing(fd, data[: room[0]])
        room[0] -= done
        return done

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match="No space left"):
        found.append(labels(10, "b"))
    monkeypatch.undo()
    assert len(lines(tmp_path)) == 3


def test_a_line_that_a_killed_writer_left_is_ended(tmp_path: Path) -> None:
    """So that it spoils no other."""
    found = store(tmp_path)
    found.append(labels(1))
    path = tmp_path / "labels" / FILE
    with path.open("ab") as torn:
        torn.write(b'{"torn')
    found.append(labels(1, "b"))
    whole = path.read_bytes().splitlines()
    assert [whole[0][:1], whole[1], whole[2][-1:]] == [b"{", b'{"torn', b"}"]


def test_a_file_that_is_removed_meanwhile_is_begun_anew(tmp_path: Path) -> None:
    """Whoever seals an hour holds its lock; a writer that waited for it does not write into nothing."""
    found = store(tmp_path)
    found.append(labels(1))
    path = tmp_path / "labels" / FILE
    with path.open("rb") as sealing:
        fcntl.flock(sealing, fcntl.LOCK_EX)
        writer = threading.Thread(target=found.append, args=(labels(1, "b"),), daemon=True)
        writer.start()
        _wait_for_a_waiter(path)
        path.unlink()
    writer.join(BOUND)
    assert not writer.is_alive()
    assert [line["key"] for line in lines(tmp_path)] == ["b0"]


def _wait_for_a_waiter(path: Path) -> None:
    inode = f":{path.stat().st_ino} "
    deadline = time.monotonic() + BOUND
    while not any("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
