"""A worker's ledger: no count is lost to a kill, none is made twice, and no memory is no reason to die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.monitoring import ledger_layout as layout
from gateway.monitoring.ledger import CHUNK, LedgerWriter
from gateway.monitoring.ledger_layout import BAD, CANARY, DRAW, STABLE
from gateway.monitoring.ledger_read import read_ledger

ENDLESS = """
import sys
from pathlib import Path
from gateway.monitoring.ledger import LedgerWriter
interval = LedgerWriter(Path(sys.argv[1]), 7).interval(3, True)
for key in range(1, 100_000_000):
    interval.note(key, key & 1, 1, key)
    interval.count(key & 1, 1)
    if key % 100 == 0:
        print(key, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a worker's ledger is."""
    return tmp_path / "ledger-9-0"


@pytest.fixture
def writer(path: Path) -> Iterator[LedgerWriter]:
    """Return the writer of a new ledger."""
    found = LedgerWriter(path, 7)
    yield found
    found.close()


def no_room(fd: int, at: int, size: int) -> None:
    """Do as a memory that is full does."""
    raise OSError(28, "No space left on device")


def test_a_new_ledger_is_small_and_for_its_owner_alone(path: Path, writer: LedgerWriter) -> None:
    """Memory is taken as it is needed."""
    found = path.stat()
    assert (found.st_mode & 0o777, found.st_size) == (0o600, layout.WORDS * 8)
    assert found.st_blocks * 512 <= layout.ENTRIES_AT * 8
    writer.interval(1, True).note(5, CANARY, 0, 1)
    assert path.stat().st_blocks * 512 <= (layout.ENTRIES_AT + CHUNK * layout.ENTRY_WORDS) * 8
    assert read_ledger(path).pid == 7


def test_an_interval_is_one_thing_however_often_it_is_asked_for(path: Path, writer: LedgerWriter) -> None:
    """The one before stays known, for requests that began in it."""
    one, two = writer.interval(1, False), writer.interval(2, False)
    assert writer.interval(1, False) is one
    assert writer.interval(2, False) is two
    one.count(CANARY, 0)
    assert [(c.since, c.arm, c.draws) for c in read_ledger(path).counters] == [
        (1, STABLE, 0), (1, CANARY, 1), (2, STABLE, 0), (2, CANARY, 0),
    ]  # fmt: skip


def test_a_restarted_worker_knows_whom_it_met(path: Path, writer: LedgerWriter) -> None:
    """In the interval it was killed in, with what each was bad for; counters go on."""
    writer.interval(1, True).note(4, STABLE, 0, 1)
    before = writer.interval(2, True)
    before.note(4, STABLE, 0, 2)
    before.note(5, CANARY, 1, 3)
    before.note(4, STABLE, 2, 4)
    before.output(6, CANARY, 5, 0.5)
    before.count(CANARY, 1)
    again = LedgerWriter(path, 8)
    after = again.interval(2, True)
    assert after.keys == {4: 2, 5: 1}
    assert (after.new_until, after.bad_until) == (before.new_until, before.bad_until)
    assert not after.note(4, STABLE, 2, 6)
    assert not after.note(5, CANARY, 3, 7)
    assert after.note(6, STABLE, 0, 8)
    after.count(CANARY, 0)
    ledger = read_ledger(path)
    assert [(e.key, e.kind, e.bits) for e in ledger.entries[5:]] == [(5, BAD, 2), (6, DRAW, 0)]
    assert [(c.draws, c.bad[0]) for c in ledger.counters if c.since == 2] == [(0, 0), (2, 1)]
    assert again.interval(3, True).keys == {}
    again.close()


def test_a_late_word_on_an_earlier_interval_hides_no_later_one(path: Path, writer: LedgerWriter) -> None:
    """A request that began before a change may be the last that was written before a kill."""
    before, now = writer.interval(1, True), writer.interval(2, True)
    now.note(5, CANARY, 0, 1)
    before.note(6, CANARY, 0, 2)
    again = LedgerWriter(path, 8)
    assert again.interval(2, True).keys == {5: 0}
    again.close()


def test_a_kill_tears_nothing(path: Path) -> None:
    """Every entry is whole, each key is there once, and nothing that was done is missing."""
    command = [sys.executable, "-c", ENDLESS, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        done = [int(process.stdout.readline()) for _ in range(200)][-1]
        process.send_signal(signal.SIGKILL)
    ledger = read_ledger(path)
    assert ledger.used >= done
    assert [e.key for e in ledger.entries] == list(range(1, ledger.used + 1))
    assert all(e.at == e.key and e.arm == e.key & 1 and e.since == 3 for e in ledger.entries)
    assert sum(counter.draws for counter in ledger.counters) >= done
    again = LedgerWriter(path, 8)
    assert not again.interval(3, True).note(done, done & 1, 1, 1)
    again.close()


def test_where_no_memory_is_left_it_stops_counting_and_says_so(
    path: Path, writer: LedgerWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has its place goes on, and so does all else once there is room again."""
    interval = writer.interval(1, True)
    for key in range(1, CHUNK + 1):
        interval.note(key, CANARY, 0, key)
    assert not read_ledger(path).full
    with monkeypatch.context() as patched:
        patched.setattr(os, "posix_fallocate", no_room)
        assert not interval.note(9999, CANARY, 0, 1)
        interval.count(CANARY, 0)
    ledger = read_ledger(path)
    assert (ledger.full, ledger.used, ledger.counters[1].draws) == (True, CHUNK, 1)
    assert interval.note(9999, CANARY, 0, 1)


def test_no_memory_at_all_is_said_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is written to it."""
    monkeypatch.setattr(os, "posix_fallocate", no_room)
    with pytest.raises(OSError, match="No space"):
        LedgerWriter(path, 7)


def test_a_closed_ledger_takes_no_more_memory(path: Path, writer: LedgerWriter) -> None:
    """A last request may still write where memory is reserved; nobody minds a second close."""
    interval = writer.interval(1, True)
    interval.note(1, CANARY, 0, 1)
    writer.close()
    writer.close()
    assert interval.note(2, CANARY, 0, 1)
    taken = path.stat().st_blocks
    for key in range(3, CHUNK + 10):
        interval.note(key, CANARY, 0, key)
    assert (read_ledger(path).used, read_ledger(path).full) == (CHUNK, True)
    assert path.stat().st_blocks == taken


def test_a_file_of_another_kind_is_made_anew(path: Path) -> None:
    """Whoever still reads the old one is not disturbed."""
    path.write_bytes(b"something else")
    with path.open("rb") as old:
        found = LedgerWriter(path, 7)
        assert old.read() == b"something else"
    assert read_ledger(path).used == 0
    found.close()


def test_intervals_beyond_what_a_file_holds_are_not_counted(path: Path, writer: LedgerWriter) -> None:
    """It says so, and breaks nothing."""
    for since in range(layout.COUNTERS // 2 + 1):
        writer.interval(since, False).count(CANARY, 1)
    ledger = read_ledger(path)
    assert (len(ledger.counters), ledger.full) == (layout.COUNTERS, True)
    assert [c.draws for c in ledger.counters] == [0, 1] * (layout.COUNTERS // 2)
