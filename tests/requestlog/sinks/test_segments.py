"""Segments are read up to their last mark, line by line, in pieces of any size."""

from __future__ import annotations

import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.marks import Mark, RingMark, mark_line
from gateway.requestlog.sinks import segments
from gateway.requestlog.sinks.target import Record
from tests.requestlog.sinks.log_site import Log, line, record

MARK = line({"mark": {"0": [1, 2, {}]}, "counts": {}})
GAP = line({"gap": {"worker": 0, "from": 1, "to": 2, "records": 3, "reason": "ring_full"}})
LARGE = 1 << 20


def everything(_: Record) -> bool:
    """Take each record."""
    return True


def read(data: bytes, begin: int = 0, most: int = 100, most_bytes: int = LARGE) -> segments.Batch:
    """Read a batch out of a segment of these bytes."""
    return segments.read_batch(io.BytesIO(data), begin, 0, everything, most, most_bytes)


def test_what_is_behind_the_last_mark_is_left_alone() -> None:
    """After a crash it may be cut off and written anew."""
    data = MARK + line(record(0)) + MARK + line(record(1))
    batch = read(data)
    assert [item.record["id"] for item in batch.items] == [record(0)["id"]]
    assert (batch.end, batch.is_full) == (len(data) - len(line(record(1))), False)
    assert read(data + MARK, batch.end).items[0].record == record(1)


def test_the_recorder_s_own_marks_are_marks() -> None:
    """Whatever they say."""
    own = mark_line(Mark({0: RingMark(1, 2, {"full": 3})}, {"written": 4}))
    assert segments.marked_end(io.BytesIO(own + line(record(0)) + own + b"{"), 0) == len(own) * 2 + len(
        line(record(0))
    )
    assert not segments.is_record(own)


def test_a_torn_mark_is_none() -> None:
    """Only a line that has its end counts."""
    whole = MARK + line(record(0)) + MARK
    for cut in range(1, len(MARK)):
        assert read(whole[:-cut]).items == ()
    assert segments.marked_end(io.BytesIO(MARK[:-1]), 0) == 0
    assert segments.marked_end(io.BytesIO(b""), 0) == 0


def test_marks_gaps_and_forgotten_lines_are_no_records() -> None:
    """A forgotten one still counts as passed, so that counts made before and after agree."""
    blank = b" " * (len(line(record(0))) - 1) + b"\n"
    batch = read(MARK + blank + GAP + line(record(1)) + b"{broken\n" + MARK)
    assert [item.record for item in batch.items] == [record(1)]
    assert batch.items[0].passed == 2
    assert (batch.passed, batch.unreadable) == (3, 1)


def test_a_line_longer_than_a_batch_is_read_alone() -> None:
    """One record is always enough for a batch."""
    long = record(0, request_body="x" * 5000)
    batch = read(MARK + line(long) + line(record(1)) + MARK, len(MARK), most_bytes=100)
    assert [item.record for item in batch.items] == [long]
    assert batch.is_full


def test_a_record_that_looks_like_a_mark_inside_is_none() -> None:
    """What users send stands inside a record, where a line cannot begin."""
    told = record(0, request_body='\n{"mark": {"0": [1, 2, {}]}}\n')
    data = MARK + line(record(1)) + MARK
    assert segments.marked_end(io.BytesIO(data + line(told)), 0) == len(data)


@given(
    kinds=st.lists(st.sampled_from(["record", "long", "mark", "gap", "blank", "other"]), max_size=40),
    most=st.integers(1, 7),
    most_bytes=st.integers(1, 2000),
)
def test_batches_of_any_size_give_each_record_once(kinds: list[str], most: int, most_bytes: int) -> None:
    """In order, those wanted only, and up to the last mark only; the position ends there."""
    lines = []
    for number, kind in enumerate(kinds):
        route = "other" if kind == "other" else "flights"
        made = line(record(number, route=route, request_body="y" * (900 if kind == "long" else 0)))
        lines.append({"mark": MARK, "gap": GAP, "blank": b" " * 20 + b"\n"}.get(kind, made))
    last = max((number for number, kind in enumerate(kinds) if kind == "mark"), default=-1)
    expected = [f"{n:032x}" for n, kind in enumerate(kinds[: last + 1]) if kind in ("record", "long")]
    file = io.BytesIO(b"".join(lines))
    found, at, passed = [], 0, 0
    while True:
        batch = segments.read_batch(
            file, at, passed, lambda each: each["route"] == "flights", most, most_bytes
        )
        assert len(batch.items) <= most
        found += [item.record["id"] for item in batch.items]
        if batch.end == at:
            break
        at, passed = batch.end, batch.passed
    assert found == expected
    assert at == len(b"".join(lines[: last + 1]))
    assert passed == sum(kind not in ("mark", "gap") for kind in kinds[: last + 1])


@given(before=st.integers(0, 200_000), tail=st.integers(0, 200_000))
def test_the_last_mark_is_found_however_far_back(before: int, tail: int) -> None:
    """A batch may be larger than what is read at once."""
    data = b'"' + b"a" * before + b'"\n' + MARK + b'"' + b"b" * tail + b'"\n'
    assert segments.marked_end(io.BytesIO(data), 0) == before + 3 + len(MARK)


def test_segments_are_found_wherever_they_lie(tmp_path: Path) -> None:
    """Open or in the spool, by age."""
    log = Log(tmp_path / "log")
    first = log.rotate()
    log.seal(first)
    assert segments.names(log.places) == [first, log.name]
    assert segments.locate(log.places, first) == log.places.spool / f"{first}.ndjson"
    assert segments.locate(log.places, log.name) == log.path
    assert segments.locate(log.places, "9" * 19) is None
