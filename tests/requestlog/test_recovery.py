"""Recovery: the newest segment is cut where it is whole, and what is lost with a machine is known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.requestlog.marks import Mark, RingMark, mark_line
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.recovery import recover

MARK = mark_line(Mark({0: RingMark(7, 64, {}), 1: RingMark(8, 8, {})}, {"records": 1}))
RECORD = b'{"id":"1"}\n'


@pytest.fixture
def places(tmp_path: Path) -> LogPlaces:
    """A log with an old segment that nobody touches."""
    places = LogPlaces(tmp_path)
    places.open.mkdir()
    (places.open / f"{1:019d}.ndjson").write_bytes(b"old, torn")
    return places


def segment(places: LogPlaces, content: bytes) -> Path:
    """Make the newest segment."""
    path = places.open / f"{2:019d}.ndjson"
    path.write_bytes(content)
    return path


def test_nothing_is_recovered_from_an_empty_log(tmp_path: Path) -> None:
    """The first recorder has nothing to go on with."""
    found = recover(LogPlaces(tmp_path), {0: 7})
    assert found.segment is None
    assert found.mark == Mark()


@pytest.mark.parametrize("behind", [b"", RECORD, RECORD + b'{"id', MARK[:-1], MARK[:9], b'{"mark":oops}\n'])
def test_what_is_behind_the_last_mark_is_cut_off(places: LogPlaces, behind: bytes) -> None:
    """The rings hold it still, so it is written again."""
    path = segment(places, MARK + RECORD + MARK + behind)
    found = recover(places, {0: 7, 1: 8})
    assert path.read_bytes() == MARK + RECORD + MARK
    assert found.cut == len(behind)
    assert found.mark.rings == {0: RingMark(7, 64, {}), 1: RingMark(8, 8, {})}
    assert found.segment is not None
    assert found.segment.has_records
    assert found.lost == ()
    os.close(found.segment.fd)


def test_a_ring_that_is_new_is_cut_for_as_well(places: LogPlaces) -> None:
    """Its records behind the last mark are in it, though that mark does not know it."""
    path = segment(places, mark_line(Mark()) + RECORD)
    found = recover(places, {5: 1})
    assert path.read_bytes() == mark_line(Mark())
    assert found.segment is not None
    assert not found.segment.has_records
    os.close(found.segment.fd)


def test_without_rings_whole_lines_stay(places: LogPlaces) -> None:
    """They are all there is; the torn one is nothing, and the workers whose rings are gone are named."""
    path = segment(places, MARK + RECORD + b'{"id":"2')
    os.utime(path, (1000, 2000))
    found = recover(places, {})
    assert path.read_bytes() == MARK + RECORD
    assert found.lost == (0, 1)
    assert found.lost_from == 2000
    assert found.segment is not None
    os.close(found.segment.fd)


@pytest.mark.parametrize(("later", "kept"), [(3600, True), (-3600, False)])
def test_rings_that_are_younger_than_the_file_hold_none_of_it(
    places: LogPlaces, later: int, kept: bool
) -> None:
    """Workers of the next start may be faster than its recorder; older rings are read again."""
    path = segment(places, MARK + RECORD + b'{"id":"2')
    os.utime(path, (1000, 2000))
    found = recover(places, {0: int((2000 + later) * 1e9)})
    assert path.read_bytes() == MARK + (RECORD if kept else b"")
    assert found.lost == (0, 1)
    assert found.segment is not None
    os.close(found.segment.fd)


def test_a_ring_that_the_mark_knows_is_read_again_whatever_the_clock_did(places: LogPlaces) -> None:
    """It was put back after the ring was made."""
    birth = int(3000e9)
    known = mark_line(Mark({0: RingMark(birth, 64, {})}))
    path = segment(places, known + RECORD)
    os.utime(path, (1000, 2000))
    found = recover(places, {0: birth})
    assert path.read_bytes() == known
    assert found.segment is not None
    os.close(found.segment.fd)


def test_after_a_clean_end_nothing_is_lost(places: LogPlaces) -> None:
    """A mark without rings says that all had been read."""
    segment(places, MARK + RECORD + MARK + mark_line(Mark()))
    found = recover(places, {})
    assert found.lost == ()
    assert found.segment is not None
    os.close(found.segment.fd)


def test_another_ring_in_its_place_is_another(places: LogPlaces) -> None:
    """A worker's number is used again; the ring's birth tells."""
    segment(places, MARK)
    found = recover(places, {0: 99, 1: 8})
    assert found.lost == (0,)
    assert found.segment is not None
    os.close(found.segment.fd)


def test_a_segment_without_a_mark_holds_nothing(places: LogPlaces) -> None:
    """Its first line is one, so it was torn at once; the file is gone on with."""
    path = segment(places, MARK[:10])
    found = recover(places, {0: 7})
    assert path.read_bytes() == b""
    assert found.segment is not None
    os.close(found.segment.fd)
