"""Where a file ends is found whatever stands there."""

from __future__ import annotations

from pathlib import Path

from gateway.audit.entry import START, place_of, read_entry
from gateway.audit.folder import file_name
from gateway.audit.tail import Tail, read_tail
from tests.audit.trails import written


def tail_of(path: Path, content: bytes) -> Tail:
    """Return how a file with this content ends."""
    path.write_bytes(content)
    with path.open("rb") as file:
        return read_tail(file.fileno(), len(content))


def test_the_last_entry_is_found(tmp_path: Path) -> None:
    """Behind many others, before torn bytes, before long lines that are no entries, and in an empty file."""
    path = written(tmp_path, 30) / file_name(1)
    whole = path.read_bytes()
    last = place_of(read_entry(whole.splitlines()[-1]))
    assert tail_of(path, whole) == Tail(last)
    torn = tail_of(path, whole + b"{" * 10_000)
    assert (torn.place, len(torn.torn), torn.is_complete) == (last, 10_000, False)
    assert tail_of(path, whole + b"x" * 9_000 + b"\ny\n").place.n == 32
    assert tail_of(path, b"") == Tail(START, is_empty=True)
    assert tail_of(path, b"{").is_empty
    assert tail_of(path, b"x\ny\n").place.n == 2
    before, end, _ = whole[:-1].rpartition(b"\n")
    assert tail_of(path, whole[:-1]).is_complete
    assert tail_of(path, whole[:-1]).place.n == 29
    assert before + end
