"""Heads are signed over a chain that holds, in parts of a hundred, and over nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.audit.folder import file_name
from gateway.audit.heads import NO_HEAD, last_head
from gateway.audit.seal import Broken, seal, sync_trail, unsigned
from gateway.audit.trail import Trail
from tests.audit.trails import KEY, event, looked, written


def test_what_is_not_signed_yet_is_signed_once(tmp_path: Path) -> None:
    """A second time there is nothing to sign, and less than asked for waits."""
    folder = written(tmp_path, 7, file_bytes=1_500)
    head = last_head(folder / "heads.ndjson")
    assert (head.n, head.first) == (7, 1)
    assert seal(folder, KEY) is None
    Trail(folder).record(event(7))
    assert seal(folder, KEY, at_least=2) is None
    head = seal(folder, KEY) or NO_HEAD
    assert (head.n, head.first) == (8, 8)
    assert looked(folder).is_clean
    assert seal(tmp_path / "nothing", KEY) is None
    sync_trail(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("old", "new"), [(b"look 3", b"look 4"), (b'"n":4', b'"n":5'), (b"\n", b"")], ids=["text", "n", "end"]
)
def test_a_chain_that_does_not_hold_is_not_signed(tmp_path: Path, old: bytes, new: bytes) -> None:
    """Signing it would vouch for it."""
    folder = written(tmp_path, 6, signed=2)
    path = folder / file_name(1)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], lines[3].replace(old, new), *lines[4:]]))
    with pytest.raises(Broken, match=r"does not follow entry [34]"):
        seal(folder, KEY)
    assert last_head(folder / "heads.ndjson").n == 2


def test_what_was_cut_behind_a_head_is_not_signed(tmp_path: Path) -> None:
    """Neither where a file is shorter than it was, nor where it is gone, nor where the head is no head."""
    folder = written(tmp_path, 6)
    path = folder / file_name(1)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]))
    with pytest.raises(Broken, match="entries were removed"):
        seal(folder, KEY)
    path.rename(folder / file_name(7))
    with pytest.raises(Broken, match="is gone"):
        list(unsigned(folder, last_head(folder / "heads.ndjson")))
    (folder / "heads.ndjson").write_bytes(b"{}\n")
    with pytest.raises(Broken, match="is no head"):
        seal(folder, KEY)


def test_a_head_that_was_cut_short_is_written_again(tmp_path: Path) -> None:
    """A process that died while it signed has signed nothing."""
    folder = written(tmp_path, 3)
    heads = folder / "heads.ndjson"
    whole = heads.read_bytes()
    Trail(folder).record(event(3))
    heads.write_bytes(whole + b'{"at":"20')
    assert (seal(folder, KEY) or NO_HEAD).n == 4
    assert heads.read_bytes().startswith(whole)
    assert looked(folder).is_clean
