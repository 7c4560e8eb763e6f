"""A head says how far the trail goes, under a signature that nobody can make without the key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.audit.heads import NO_HEAD, head_line, is_signed, last_head, read_head, sign
from gateway.audit.keys import Key
from tests.audit.trails import KEY

HEAD = sign(KEY, replace(NO_HEAD, n=4), [f"{n:064x}"[::-1] for n in (5, 6, 7)], "trail-1", 99, 0.0)


def test_a_head_tells_of_each_entry_since_the_one_before() -> None:
    """By the beginning of its hash."""
    assert (HEAD.first, HEAD.n, HEAD.place.n) == (5, 7, 7)
    assert [HEAD.digest(n)[0] for n in (5, 6, 7)] == ["5", "6", "7"]
    assert read_head(head_line(HEAD)[:-1]) == HEAD


def test_a_signature_holds_for_what_was_said_and_for_this_key() -> None:
    """Whatever is changed."""
    assert is_signed(HEAD, KEY)
    assert not is_signed(HEAD, Key(b"another key altogether"))
    for changed in ({"n": 8}, {"hash": "0" * 64}, {"end": 1}, {"digests": ""}, {"prev": ""}, {"mac": "ü"}):
        assert not is_signed(replace(HEAD, **changed), KEY)


@pytest.mark.parametrize("line", [b"", b"{}", b"[" * 100_000, head_line(HEAD).replace(b":99", b": 99")[:-1]])
def test_another_line_is_no_head(line: bytes) -> None:
    """It has one form only."""
    with pytest.raises(ValueError, match=r"\w"):
        read_head(line)
    with pytest.raises(ValueError, match="another kind"):
        read_head(head_line(replace(HEAD, n="7"))[:-1])  # type: ignore[arg-type]


def test_the_last_whole_head_counts(tmp_path: Path) -> None:
    """None where there is no file, and not one that was cut short."""
    path = tmp_path / "heads"
    assert last_head(path) == NO_HEAD
    path.write_bytes(b'{"at')
    assert last_head(path) == NO_HEAD
    path.write_bytes(head_line(HEAD) + b'{"at')
    assert last_head(path) == HEAD
