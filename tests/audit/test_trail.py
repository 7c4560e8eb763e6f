"""Appending: one chain whoever writes, whatever is killed, and never in the way of what it records."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.audit.event import Attempt, Event, attempting
from gateway.audit.folder import file_name, hold, trail_files
from gateway.audit.missed import missed
from gateway.audit.seal import seal
from gateway.audit.trail import Trail
from tests.audit.trails import KEY, event, looked, written

WRITER = """
import sys
from functools import partial
from pathlib import Path
from gateway.audit import trail
from gateway.audit.event import Event
from gateway.audit.trail import Trail
trail.hold = partial(trail.hold, timeout=60.0)  # who holds the lock may be stopped for seconds
mine = Trail(Path(sys.argv[1]), file_bytes=20_000)
print(flush=True)
for n in range(int(sys.argv[3])):
    assert mine.record(Event("set-weight", sys.argv[2], why=str(n)), durable=False)
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[bytes]:
    """Start a process that records."""
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def entries(folder: Path) -> list[dict[str, object]]:
    """Return all entries, oldest first."""
    lines = b"".join(path.read_bytes() for path in trail_files(folder)).splitlines()
    return [json.loads(line) for line in lines]


def test_several_processes_write_one_chain(tmp_path: Path) -> None:
    """Over several files, each process's entries in its own order."""
    folder = tmp_path / "audit"
    writers = [writer(folder, f"cli:{name}", 60) for name in "abcd"]
    for one in writers:
        one.communicate()
        assert one.returncode == 0
    seal(folder, KEY)
    found = looked(folder)
    assert found.is_clean
    assert (found.entries, found.signed) == (240, 240)
    assert len(trail_files(folder)) > 3
    assert [one["why"] for one in entries(folder) if one["who"] == "cli:a"] == [str(n) for n in range(60)]


def test_whoever_is_killed_leaves_a_chain(tmp_path: Path) -> None:
    """Killed while they write, again and again; what follows goes on from there."""
    folder = tmp_path / "audit"
    for n in range(6):
        one = writer(folder, f"cli:{n}", 100_000)
        assert one.stdout is not None
        one.stdout.readline()
        while len(entries_so_far(folder)) < 20 * (n + 1):
            assert one.poll() is None
        one.send_signal(signal.SIGKILL)
        one.communicate()
    assert Trail(folder).record(event(1))
    seal(folder, KEY)
    found = looked(folder)
    assert found.is_clean
    assert found.entries > 120


def entries_so_far(folder: Path) -> list[bytes]:
    """Return all whole lines."""
    return b"".join(path.read_bytes() for path in trail_files(folder)).split(b"\n")[:-1]


def test_a_line_cut_short_anywhere_is_marked(tmp_path: Path) -> None:
    """Nothing of it is dropped: the next entry but one goes on, and the one between tells its hash."""
    folder = written(tmp_path, 2)
    path = folder / file_name(1)
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    (folder / "heads.ndjson").unlink()
    for end in range(start + 1, len(whole), 37):
        path.write_bytes(whole[:end])
        Trail(folder).record(event(9))
        seal(folder, KEY)
        found = looked(folder)
        assert found.is_clean, found.problems
        assert (found.entries, found.mended) == (3, 1)
        assert path.read_bytes().startswith(whole[:end] + b"\n")
        (folder / "heads.ndjson").unlink()


def test_an_entry_that_lacks_only_its_end_is_completed(tmp_path: Path) -> None:
    """It is whole, so nothing has to be marked."""
    folder = written(tmp_path, 2)
    path = folder / file_name(1)
    path.write_bytes(path.read_bytes()[:-1])
    assert not looked(folder).is_clean
    Trail(folder).mend()
    assert looked(folder).is_clean
    Trail(folder).mend()
    Trail(folder).record(event(3))
    assert (looked(folder).entries, looked(folder).mended) == (3, 0)


def test_a_new_file_begins_where_the_last_is_large(tmp_path: Path) -> None:
    """The chain goes on across files, and past one that a dying process left empty."""
    folder = written(tmp_path, 12, file_bytes=2_000)
    files = trail_files(folder)
    assert len(files) > 2
    assert files[1].name == file_name(json.loads(files[1].read_bytes().splitlines()[0])["n"])
    (folder / file_name(13)).touch()
    assert Trail(folder, file_bytes=2_000).record(event(12)) == 13
    assert looked(folder).is_clean


def test_a_full_disk_keeps_nobody_from_changing_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be written is told and counted, half a line is taken back, and the next entry says so."""
    folder = written(tmp_path, 1)
    (tmp_path / "run").mkdir()
    real = os.write
    path = folder / file_name(1)
    before = path.read_bytes()

    def full(fd: int, content: bytes) -> int:
        if len(content) < 200:
            raise OSError(28, "No space left on device")
        return real(fd, content[:200])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        assert [Trail(folder).record(event(n)) for n in (1, 2)] == [0, 0]
    assert path.read_bytes() == before
    told = missed(tmp_path / "run" / "audit-missed.json")
    assert told is not None
    assert (told["count"], told["last"]) == (2, "set-weight")
    assert "No space left on device" in told["problem"]
    assert [one.levelname for one in caplog.records] == ["ERROR", "ERROR"]
    assert "set-weight by cli:ann1" in caplog.text
    assert Trail(folder).record(event(3)) == 2
    assert missed(tmp_path / "run" / "audit-missed.json") is None
    seal(folder, KEY)
    found = looked(folder)
    assert (found.is_clean, found.entries, found.unwritten) == (True, 2, 2)


def test_a_trail_that_is_held_does_not_hold_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that was stopped while it wrote is waited for no longer than a second."""
    folder = written(tmp_path, 1)
    monkeypatch.setattr(hold, "__defaults__", (0.01,))
    with hold(folder / "lock"):
        assert Trail(folder).record(event(1)) == 0
    assert "has been held" in caplog.text  # and no memory of it, since no gateway runs here


def test_what_is_done_in_a_request_belongs_to_it(tmp_path: Path) -> None:
    """It comes from where the request came from, and the request knows that it was recorded."""
    trail = Trail(tmp_path / "audit")
    with attempting(Attempt("10.0.0.7", "rollback", route="late")) as attempt:
        trail.record(Event("rollback", "token:ci"))
        trail.record(Event("login", "token:ci", "socket", "other"))
    trail.record(Event("rollback", "rollout"))
    assert attempt.recorded == 2
    told = [(one["from"], one["route"]) for one in entries(tmp_path / "audit")]
    assert told == [("10.0.0.7", "late"), ("socket", "other"), ("rollout", "")]
