"""Marks: read back as written, and the last whole one is found whatever is torn behind it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.marks import (
    Mark,
    RingMark,
    has_records,
    last_mark,
    mark_document,
    mark_line,
    read_mark,
)

RECORD = b'{"id":"1","path":"/{\\"mark\\":"}\n'
NUMBERS = st.integers(0, 2**63 - 1)
DROPS = st.dictionaries(st.sampled_from(["full", "too_large"]), NUMBERS)
MARKS = st.builds(
    Mark,
    st.dictionaries(
        st.integers(0, 999),
        st.builds(RingMark, NUMBERS, NUMBERS, DROPS),
        max_size=3,
    ),
    st.dictionaries(st.sampled_from(["life", "turns"]), NUMBERS),
)


def test_a_mark_is_one_line_with_the_rings_by_their_number() -> None:
    """`{"mark": {"<ring>": [birth, tail, drops]}}`, and the counts."""
    line = mark_line(Mark({0: RingMark(5, 64, {"full": 2})}, {"records": 3}))
    assert line == b'{"mark":{"0":[5,64,{"full":2}]},"counts":{"records":3}}\n'


@given(MARKS)
def test_a_mark_is_read_back(mark: Mark) -> None:
    """Nothing is lost on the way through JSON."""
    assert read_mark(mark_document(mark)) == mark


@given(st.lists(MARKS, min_size=1, max_size=4), st.data())
def test_the_last_whole_mark_counts(marks: list[Mark], data: st.DataObject) -> None:
    """Cut at any place, a segment's last mark is the last one that stands before the cut."""
    text = b""
    ends = []
    for mark in marks:
        text += RECORD + mark_line(mark)
        ends.append(len(text))
    cut = data.draw(st.integers(0, len(text)))
    found = last_mark(text[:cut])
    whole = [index for index, end in enumerate(ends) if end <= cut]
    assert found == ((marks[whole[-1]], ends[whole[-1]]) if whole else None)


def test_the_first_line_may_be_the_only_mark() -> None:
    """Every segment begins with one."""
    line = mark_line(Mark())
    assert last_mark(line) == (Mark(), len(line))
    assert last_mark(b"") is None


def test_a_line_that_only_looks_like_a_mark_is_passed_over() -> None:
    """A half-written file may hold anything."""
    line = mark_line(Mark({1: RingMark(2, 8, {})}))
    assert last_mark(line + b'{"mark":[]}\n{"mark":{"x":[1]}}\n{"mark":not json}\n') == (
        Mark({1: RingMark(2, 8, {})}),
        len(line),
    )


def test_no_mark_is_an_error_of_its_own() -> None:
    """Whoever reads a report knows what to expect."""
    with pytest.raises(ValueError, match="no mark"):
        read_mark({"id": "1"})


def test_marks_are_no_records() -> None:
    """A segment that holds nothing else need not be closed."""
    assert not has_records(mark_line(Mark()))
    assert has_records(mark_line(Mark()) + RECORD)
    assert has_records(RECORD)
    assert has_records(mark_line(Mark()) + b'{"gap":{}}\n')
