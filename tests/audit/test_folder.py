"""The files of the trail, in the order of their first entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.audit.folder import file_name, hold, trail_files
from gateway.files import Busy


def test_files_are_in_order(tmp_path: Path) -> None:
    """And nothing else in the folder is one."""
    for name in (file_name(1200), file_name(1), file_name(99), "heads.ndjson", "key", "lock"):
        (tmp_path / name).touch()
    assert [path.name for path in trail_files(tmp_path)] == [file_name(n) for n in (1, 99, 1200)]
    assert trail_files(tmp_path / "none") == []


def test_the_lock_of_the_trail_is_waited_for_so_long_and_no_longer(tmp_path: Path) -> None:
    """Then whoever waits hears what held it."""
    path = tmp_path / "lock"
    with hold(path), pytest.raises(Busy, match=r"has been held for 0\.01 s"), hold(path, 0.01):
        pass
    with hold(path, 0.01):
        pass
