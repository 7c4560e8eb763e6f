"""An entry has one form only, and a hash of all that it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.entry import FIRST, START, NoEntry, Place, entry_of, hash_of, iso_time, line_of, read_entry
from gateway.audit.event import Event

TEXT = st.text(max_size=30)


@given(
    TEXT,
    TEXT,
    st.none()
    | st.dictionaries(
        TEXT, st.integers() | TEXT | st.floats(allow_nan=False, allow_infinity=False), max_size=3
    ),
)
def test_what_is_written_is_read(who: str, why: str, after: dict[str, object] | None) -> None:
    """Whatever people write into it, it is one line."""
    entry = entry_of(Event("rollback", who, "socket", after=after, why=why), Place(6, "a" * 64), 0.0)
    line = line_of(entry)
    assert line.count(b"\n") == 1
    assert read_entry(line[:-1]) == entry
    assert (entry["n"], entry["prev"], entry["hash"]) == (7, "a" * 64, hash_of(entry))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"n":1', b'"n":1.0'),
        (b'"n":1', b'"n":true'),
        (b'"n":1', b'"n": 1'),
        (b'"who":"me"', b'"who":7'),
        (b'"why":""', b'"why":"","why":""'),
        (b'"done"', b'"sure"'),
        (b'"before":null', b'"before":[]'),
        (b'"why":""', b'"why":"","x":1'),
        (b'"who":"me",', b""),
        (b'"why":""', b'"unwritten":{},"why":""'),
        (b"{", b"[" * 100_000),
        (b"me", b"\xff"),
    ],
)
def test_another_form_is_no_entry(old: bytes, new: bytes) -> None:
    """Though it may say the same."""
    line = line_of(entry_of(Event("rollback", "me"), START, 0.0))[:-1]
    assert read_entry(line)["prev"] == FIRST
    assert old in line
    with pytest.raises(NoEntry):
        read_entry(line.replace(old, new, 1))


def test_a_line_stays_small() -> None:
    """Long texts are cut, large values named by their hash."""
    huge = {"weights": {str(n): n for n in range(5_000)}}
    entry = entry_of(Event("file", "me", after=huge, why="x" * 5_000), START, 0.0, {"count": 2})
    assert entry["why"].endswith("… (5000 characters)")
    assert entry["after"].keys() == {"bytes", "sha256"}
    assert entry["unwritten"] == {"count": 2}
    assert len(line_of(entry)) < 4_000


def test_times_are_utc_with_microseconds() -> None:
    """In one form, always."""
    assert iso_time(0.0) == "1970-01-01T00:00:00.000000Z"
