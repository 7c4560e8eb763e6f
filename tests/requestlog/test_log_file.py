"""The file being written: another one when it is full, asked for or gone; all of it gets to the disk."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.requestlog import log_file as module
from gateway.requestlog import segment
from gateway.requestlog.log_file import LogFile
from gateway.requestlog.marks import Mark, RingMark, mark_line
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.segment import Syncer

FIRST = mark_line(Mark())
RECORD = b'{"id":"1"}\n'


class Still(Syncer):
    """A disk that only notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bool] = []

    def sync(self, fd: int, *, close: bool = False) -> None:
        """Note the wish, and close what is to be closed."""
        self.asked.append(close)
        if close:
            super().sync(fd, close=True)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[LogFile]:
    """A log that nobody has written to."""
    made = LogFile(LogPlaces(tmp_path), Still(), lambda _: "")
    yield made
    made.close()


def first() -> bytes:
    """Return what a segment begins with."""
    return FIRST


def files(file: LogFile) -> list[bytes]:
    """Return the content of all segments."""
    return [path.read_bytes() for path in segment.segments(file.places)]


def asked(file: LogFile) -> list[bool]:
    """Return what was asked of the disk: whether to close each time."""
    assert isinstance(file.syncer, Still)
    return file.syncer.asked


def test_a_segment_is_begun_with_the_first_batch(file: LogFile) -> None:
    """Nothing to do before it."""
    file.tend(first)
    assert file.path is None
    assert file.said()["segment"] == ""
    file.append(RECORD, first)
    assert files(file) == [FIRST + RECORD]
    assert file.said()["segment_bytes"] == len(FIRST + RECORD)


def test_what_was_written_gets_to_the_disk_once(file: LogFile) -> None:
    """Nothing is asked of it where nothing was written."""
    file.append(RECORD, first)
    file.tend(first)
    file.tend(first)
    assert asked(file) == [False]
    file.append(RECORD, first)
    file.tend(first)
    assert asked(file) == [False, False]


def test_a_full_segment_is_closed_and_another_begun(file: LogFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, so that the one before can be sealed; an old one with nothing in it stays."""
    file.append(RECORD, first)
    monkeypatch.setattr(segment, "OLDEST", 0.0)
    file.tend(first)
    assert files(file) == [FIRST + RECORD, FIRST]
    assert asked(file) == [True]
    file.tend(first)
    assert len(files(file)) == 2


def test_who_asks_for_another_segment_gets_one(file: LogFile) -> None:
    """The request is taken away, also where there was nothing to close."""
    file.append(RECORD, first)
    for expected in (2, 2):
        file.places.rotate.touch()
        file.tend(first)
        assert not file.places.rotate.exists()
        assert len(files(file)) == expected


def test_a_request_before_there_is_a_segment_is_taken_away(file: LogFile) -> None:
    """There is nothing to close."""
    file.places.rotate.touch()
    file.tend(first)
    assert not file.places.rotate.exists()


def test_a_segment_that_somebody_removed_is_replaced(file: LogFile, caplog: pytest.LogCaptureFixture) -> None:
    """What comes then is written where it is found."""
    file.append(RECORD, first)
    assert file.path is not None
    file.path.unlink()
    file.tend(first)
    file.append(RECORD, first)
    assert files(file) == [FIRST + RECORD]
    assert "was removed by somebody else" in caplog.text


def test_where_none_can_be_begun_the_old_one_goes_on(file: LogFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the request stays until it can be granted."""
    file.append(RECORD, first)
    file.places.rotate.touch()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as failing:
        failing.setattr(module, "begin", fail)
        with pytest.raises(OSError, match="full"):
            file.tend(first)
    assert file.places.rotate.exists()
    file.append(RECORD, first)
    assert files(file) == [FIRST + RECORD + RECORD]


def test_it_goes_on_with_what_was_recovered(file: LogFile) -> None:
    """The newest segment, behind its last mark."""
    mark = mark_line(Mark({0: RingMark(1, 8)}))
    file.places.open.mkdir()
    path = file.places.open / f"{1:019d}.ndjson"
    path.write_bytes(mark + RECORD + mark + RECORD)
    assert file.recover({0: 1}).cut == len(RECORD)
    file.append(RECORD, first)
    assert files(file) == [mark + RECORD + mark + RECORD]
    assert file.path == path


def test_room_is_asked_of_the_folder(tmp_path: Path) -> None:
    """Of the file system that the log is on."""
    seen: list[Path] = []

    def short(folder: Path) -> str:
        seen.append(folder)
        return "none left"

    file = LogFile(LogPlaces(tmp_path), Still(), short)
    assert file.shortage() == "none left"
    assert seen == [tmp_path]
    file.close()
