"""Reading a ledger at any time: what was there before is not read again, what is not yet whole not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.monitoring import ledger_layout as layout
from gateway.monitoring.ledger import LedgerWriter
from gateway.monitoring.ledger_layout import CANARY
from gateway.monitoring.ledger_read import read_ledger
from tests.waiting import BOUND


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


def test_only_what_is_new_is_read(path: Path, writer: LedgerWriter) -> None:
    """From the entry that the last look ended at."""
    interval = writer.interval(5, True)
    interval.note(1, CANARY, 0, 1)
    interval.note(2, CANARY, 0, 1)
    first = read_ledger(path)
    interval.note(3, CANARY, 0, 1)
    then = read_ledger(path, first.used)
    assert [e.key for e in first.entries + then.entries] == [1, 2, 3]
    assert (read_ledger(path, then.used).entries, then.used) == ((), 3)


def test_a_ledger_made_anew_shows(path: Path, writer: LedgerWriter) -> None:
    """It has used fewer entries than were read."""
    writer.interval(5, True).note(1, CANARY, 0, 1)
    assert read_ledger(path, 10).used == 1


def test_an_entry_that_is_not_there_yet_is_left_for_the_next_look(path: Path, writer: LedgerWriter) -> None:
    """Should a processor show the count of entries before the entry."""
    writer.interval(5, True).note(1, CANARY, 0, 1)
    writer.words[layout.ENTRIES_USED] = 2
    ledger = read_ledger(path)
    assert (ledger.used, [e.key for e in ledger.entries]) == (1, [1])


def test_what_is_no_ledger_is_refused(path: Path) -> None:
    """Where there is nothing, that is another matter."""
    with pytest.raises(FileNotFoundError):
        read_ledger(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="not a ledger"):
        read_ledger(path)


def test_no_reader_ever_finds_more_bad_ones_than_draws(path: Path, writer: LedgerWriter) -> None:
    """While somebody writes."""
    interval = writer.interval(5, False)
    begun, ended = threading.Event(), threading.Event()

    def write() -> None:
        while not ended.is_set():
            interval.count(CANARY, 0b11)
            begun.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert begun.wait(BOUND)
        seen = [read_ledger(path).counters[1] for _ in range(500)]
    finally:
        ended.set()
        thread.join()
    assert all(counter.draws >= max(counter.bad) for counter in seen)
    assert [c.draws for c in seen] == sorted(c.draws for c in seen)
    assert seen[-1].draws > 0
