"""Troubles of the disk: what they are called, when patience ends, and when the disk counts as full."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.requestlog import trouble
from gateway.requestlog.trouble import AGAIN, AGAIN_LATER, PATIENCE, begun, reason_of, shortage

GIBI = 1024**3


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EIO, "write_failed"),
        (errno.EROFS, "write_failed"),
    ],
)
def test_the_reason_is_that_of_the_disk(number: int, reason: str) -> None:
    """A quota that is used up is a full disk."""
    assert reason_of(OSError(number, "x")) == reason


def test_it_is_tried_again_soon_at_first_and_then_each_second() -> None:
    """As long as records wait in memory each moment counts."""
    found = begun("disk_full", "no space", 10.0, 1_700_000_000.0)
    assert found.next_try == 10.0 + AGAIN
    assert not found.is_lasting(10.0 + PATIENCE - 0.01)
    later = found.still("write_failed", "broken", 10.0 + PATIENCE)
    assert (later.since, later.reason, later.cause) == (10.0, "write_failed", "broken")
    assert later.next_try == 10.0 + PATIENCE + AGAIN_LATER


def test_it_is_said_in_a_sentence() -> None:
    """Since when, what becomes of records, that traffic goes on, and why."""
    found = begun("disk_full", "no space", 10.0, 1_700_000_000.0)
    assert found.sentence(10.0) == (
        "disk full since 2023-11-14 22:13:20 UTC: records wait in memory; traffic is not affected (no space)"
    )
    assert "records are dropped; traffic is not affected" in found.sentence(12.0)
    assert found.still("write_failed", "broken", 10.0).sentence(10.0).startswith("the log cannot be written")


@pytest.mark.parametrize(
    ("total", "free", "is_full"),
    [
        (10 * GIBI, 257 * 1024**2, False),
        (10 * GIBI, 255 * 1024**2, True),
        (100 * GIBI, GIBI + 1, False),
        (100 * GIBI, GIBI - 1, True),
    ],
)
def test_some_room_is_left_to_others(
    total: int, free: int, is_full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One hundredth of the file system, and 256 MiB at least."""
    found = SimpleNamespace(f_bavail=free, f_blocks=total, f_frsize=1)
    monkeypatch.setattr(os, "statvfs", lambda _: found)
    told = shortage(Path("/log"))
    assert bool(told) is is_full
    if is_full:
        assert "/log" in told


def test_a_real_file_system_is_asked(tmp_path: Path) -> None:
    """It has room, or says how little."""
    found = os.statvfs(tmp_path)
    has_room = found.f_bavail * found.f_frsize > max(
        trouble.FREE_BYTES, found.f_blocks * found.f_frsize * 0.01
    )
    assert bool(shortage(tmp_path)) is not has_room
