"""Heads are believed only as they were signed, and in their order."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.audit.findings import Found
from gateway.audit.heads import head_line, read_head
from gateway.audit.keys import Key
from gateway.audit.verify_heads import check_heads
from tests.audit.trails import KEY, looked, written


def told(path: Path, key: Key = KEY) -> list[str]:
    """Return what is wrong with heads."""
    found: list[Found] = []
    check_heads(path, key, found.append)
    return [str(one) for one in found]


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    """Three heads: of 100, 100 and 50 entries."""
    return written(tmp_path, 250) / "heads.ndjson"


def test_heads_as_they_were_signed_are_believed(heads: Path) -> None:
    """Each tells of the entries since the one before."""
    found = check_heads(heads, KEY, lambda one: pytest.fail(str(one)))
    assert [(head.first, head.n) for head in found] == [(1, 100), (101, 200), (201, 250)]
    assert check_heads(heads.with_name("none"), KEY, print) == []


def test_a_changed_head_is_found_whatever_was_changed(heads: Path) -> None:
    """Any byte of it, and any field."""
    lines = heads.read_bytes().splitlines(keepends=True)
    for at in range(0, len(lines[1]) - 1, 61):
        changed = bytearray(lines[1])
        changed[at] ^= 2
        heads.write_bytes(b"".join([lines[0], bytes(changed), lines[2]]))
        assert told(heads)[0].startswith("heads.ndjson:2: ")


def test_a_head_that_is_gone_or_moved_is_missed(heads: Path) -> None:
    """Heads are a chain as well; only the last one can be cut off unseen, which a copy elsewhere shows."""
    first, second, third = heads.read_bytes().splitlines(keepends=True)
    for lines in ((first, third), (second, third), (second, first, third), (first, first, second, third)):
        heads.write_bytes(b"".join(lines))
        assert "does not follow the one before" in " ".join(told(heads))
    heads.write_bytes(first + second + third[:40])
    assert told(heads) == ["heads.ndjson:3: this head is cut short: the file ends within it"]


def test_another_key_is_told_from_a_forgery(heads: Path) -> None:
    """The name of the key stands in each head, and says nothing of the key."""
    other = Key(b"another key than the gateway's")
    assert f"signed with another key, {KEY.name}; this one is {other.name}" in told(heads, other)[0]
    head = read_head(heads.read_bytes().splitlines()[0])
    forged = head_line(type(head)(**{**{n: getattr(head, n) for n in head.__slots__}, "key": other.name}))
    heads.write_bytes(forged)
    assert "its signature is not that of what it says" in told(heads, other)[0]
    assert not looked(heads.parent).is_clean
