"""New records, as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.requestlog import follow
from gateway.requestlog.engine import writer
from gateway.requestlog.follow import Follower, parsed
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.seal import seal
from tests.requestlog.lake_log import MARK, gap, line, record, segment


def append(path: Path, *lines: bytes) -> None:
    """Write to a segment as the recorder does."""
    with path.open("ab") as file:
        file.write(b"".join(lines))


def numbers(follower: Follower) -> list[int]:
    """Return what is new."""
    return [found["n"] for found in follower.records()]


@pytest.fixture(params=[1 << 20, 16])
def places(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LogPlaces:
    """A log; its segments are read in large and in very small blocks."""
    monkeypatch.setattr(follow, "_BLOCK", request.param)
    return LogPlaces(tmp_path)


def test_only_what_is_new_and_confirmed_is_shown(places: LogPlaces) -> None:
    """What stands behind the last mark may be cut off and written again."""
    path = segment(places, 0, [record(0)])
    follower = Follower(places)
    assert numbers(follower) == []
    append(path, line(record(1)), line(gap(2)), b"{broken\n", MARK, line(record(2)))
    assert numbers(follower) == [1]
    append(path, MARK[:10])
    assert numbers(follower) == []
    append(path, MARK[10:])
    assert numbers(follower) == [2]
    follower.close()


def test_it_goes_on_with_the_next_segments(places: LogPlaces) -> None:
    """Also where one is sealed before it was read to its end."""
    first = segment(places, 0, [])
    follower = Follower(places)
    append(first, line(record(1)), MARK)
    segment(places, 10, [record(2)])
    assert numbers(follower) == [1, 2]
    second = segment(places, 20, [record(3)])
    assert numbers(follower) == [3]
    append(second, line(record(4)), MARK)
    segment(places, 30, [record(5)])
    with writer() as connection:
        seal(places, second, connection)
    assert numbers(follower) == [4, 5]
    assert numbers(follower) == []
    follower.close()


def test_a_log_may_begin_later(places: LogPlaces) -> None:
    """Then its first segment is new."""
    follower = Follower(places)
    assert numbers(follower) == []
    segment(places, 0, [record(1)])
    assert numbers(follower) == [1]
    follower.close()


def test_other_lines_are_no_records() -> None:
    """Marks, gaps, blank ones."""
    assert [parsed(text) for text in (MARK, line(gap(1)), b"   \n", b"[]\n", b"\xff\n")] == [None] * 5
    assert parsed(line(record(1))) == record(1)
