"""Segments: a batch is written as a whole or not at all, files are ours alone, and names sort by age."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.requestlog.places import LogPlaces
from gateway.requestlog.segment import LARGEST, OLDEST, Segment, Syncer, begin, resume, segments
from tests.waiting import BOUND

FIRST = b'{"mark":{}}\n'


@pytest.fixture
def places(tmp_path: Path) -> LogPlaces:
    """A log that nobody has written to."""
    return LogPlaces(tmp_path / "log")


@pytest.fixture
def syncer() -> Iterator[Syncer]:
    """A thread that is ended."""
    made = Syncer()
    yield made
    made.stop()


def torn(monkeypatch: pytest.MonkeyPatch, sizes: list[int]) -> None:
    """Have writes take so many bytes each, and fail once there are no more."""
    write = os.write

    def some(fd: int, data: memoryview) -> int:
        if not sizes:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(fd, data[: sizes.pop(0)])

    monkeypatch.setattr(os, "write", some)


def test_a_segment_begins_with_its_first_line_and_is_ours_alone(places: LogPlaces) -> None:
    """Its name is the time; folder and file can be read by this user only."""
    made = begin(places, FIRST, 1_700_000_000_000_000_000)
    made.append(b"one\n")
    assert made.path == places.open / "1700000000000000000.ndjson"
    assert made.path.read_bytes() == FIRST + b"one\n"
    assert made.size == len(FIRST) + 4
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (places.folder, places.open)} == {0o700}
    os.close(made.fd)


def test_names_grow_though_the_clock_goes_back(places: LogPlaces) -> None:
    """The newest segment is always the last by name."""
    names = []
    for now in (5_000, 4_000, 4_000):
        made = begin(places, FIRST, now)
        names.append(int(made.path.stem))
        os.close(made.fd)
    assert names == [5_000, 5_001, 5_002]
    assert [int(path.stem) for path in segments(places)] == names


def test_a_segment_that_cannot_be_begun_leaves_no_file(
    places: LogPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty file would be taken for the newest segment."""
    torn(monkeypatch, [3])
    with pytest.raises(OSError, match="No space"):
        begin(places, FIRST, 1)
    assert not segments(places)


def test_a_write_in_pieces_is_whole(places: LogPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel may take less than it is given."""
    made = begin(places, FIRST, 1)
    torn(monkeypatch, [1, 2, 100])
    made.append(b"0123456789\n")
    assert made.path.read_bytes() == FIRST + b"0123456789\n"
    os.close(made.fd)


def test_a_write_that_fails_half_way_is_cut_off(places: LogPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file ends as before, and the next batch follows what was whole."""
    made = begin(places, FIRST, 1)
    sizes = [4]
    torn(monkeypatch, sizes)
    with pytest.raises(OSError, match="No space"):
        made.append(b"0123456789\n")
    assert made.path.read_bytes() == FIRST
    sizes.append(100)
    made.append(b"next\n")
    assert made.path.read_bytes() == FIRST + b"next\n"
    os.close(made.fd)


def test_what_could_not_be_cut_off_is_cut_off_before_the_next_batch(
    places: LogPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails may fail at that, too."""
    made = begin(places, FIRST, 1)
    sizes = [4]
    torn(monkeypatch, sizes)
    with monkeypatch.context() as failing:
        failing.setattr(os, "ftruncate", lambda *_: torn_disk())
        with pytest.raises(OSError, match="broken"):
            made.append(b"0123456789\n")
        with pytest.raises(OSError, match="broken"):
            made.append(b"0123456789\n")
    sizes.append(100)
    made.append(b"next\n")
    assert made.path.read_bytes() == FIRST + b"next\n"
    os.close(made.fd)


def torn_disk() -> None:
    """Fail like a disk that is broken."""
    raise OSError(errno.EIO, "broken")


def test_going_on_cuts_off_what_is_behind(places: LogPlaces) -> None:
    """Only the bytes that count stay."""
    made = begin(places, FIRST, 1)
    made.append(b"whole\ntor")
    os.close(made.fd)
    again = resume(made.path, len(FIRST) + 6, has_records=True)
    again.append(b"next\n")
    assert made.path.read_bytes() == FIRST + b"whole\nnext\n"
    os.close(again.fd)


def test_a_segment_is_full_by_size_or_age_once_it_holds_records(places: LogPlaces) -> None:
    """One that holds nothing is never closed."""
    made = begin(places, FIRST, 1)
    now = made.opened
    assert not made.is_full(now + 2 * OLDEST)
    made.has_records = True
    assert not made.is_full(now + OLDEST - 1)
    assert made.is_full(now + OLDEST)
    made.size = LARGEST
    assert made.is_full(now)
    os.close(made.fd)


def test_a_file_that_somebody_removed_or_replaced_is_lost(places: LogPlaces) -> None:
    """What is written to it nobody would find."""
    made = begin(places, FIRST, 1)
    assert not made.is_lost()
    made.path.unlink()
    assert made.is_lost()
    made.path.write_bytes(b"")
    assert made.is_lost()
    os.close(made.fd)


def until_idle(syncer: Syncer) -> None:
    """Wait until the disk has nothing to do."""
    deadline = time.monotonic() + BOUND
    while syncer.waiting():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_slow_disk_holds_up_nobody_and_is_told(places: LogPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks goes on at once; a second wish while the first is under way is none."""
    may_end, calls = threading.Event(), []

    def slow(fd: int) -> None:
        calls.append(fd)
        assert may_end.wait(BOUND)

    monkeypatch.setattr(os, "fdatasync", slow)
    syncer = Syncer()
    made = begin(places, FIRST, 1)
    syncer.sync(made.fd)
    syncer.sync(made.fd)
    assert syncer.waiting() > 0
    may_end.set()
    until_idle(syncer)
    assert calls == [made.fd]
    assert syncer.seconds > 0
    syncer.sync(made.fd, close=True)
    syncer.stop()
    assert is_closed(made)


def is_closed(segment: Segment) -> bool:
    """Tell whether a segment's file was closed; its number may be another file's by now."""
    try:
        return not os.path.samestat(os.fstat(segment.fd), os.stat(segment.path))
    except OSError:
        return True


def test_a_disk_that_fails_is_told_of(
    places: LogPlaces, syncer: Syncer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it works again."""
    made = begin(places, FIRST, 1)
    with monkeypatch.context() as failing:
        failing.setattr(os, "fdatasync", lambda _: torn_disk())
        syncer.sync(made.fd)
        until_idle(syncer)
        assert "broken" in syncer.problem
    syncer.sync(made.fd)
    until_idle(syncer)
    assert syncer.problem == ""
    os.close(made.fd)
