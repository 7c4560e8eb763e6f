"""What the workers left in memory is on disk once this returns."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.rotation import is_recording, no_recorder, rotate


def test_it_waits_for_two_rotations(tmp_path: Path) -> None:
    """The first one may have come just before the last records were read."""
    places = LogPlaces(tmp_path)
    seen = []
    over = threading.Event()

    def recorder() -> None:
        while not over.wait(0.001):
            if places.rotate.exists():
                seen.append(1)
                places.rotate.unlink()

    thread = threading.Thread(target=recorder)
    thread.start()
    rotate(places)
    over.set()
    thread.join(10.0)
    assert len(seen) == 2


def test_it_does_not_wait_for_ever(tmp_path: Path) -> None:
    """Nothing is asked of the next recorder, either."""
    places = LogPlaces(tmp_path / "log")
    with pytest.raises(GatewayError, match=r"has not begun another segment within 0\.02 s"):
        rotate(places, patience=0.02)
    assert not places.rotate.exists()


def test_a_recorder_is_seen_by_its_lock(tmp_path: Path) -> None:
    """While somebody else keeps it from starting, nobody records."""
    places = LogPlaces(tmp_path / "log")
    assert not is_recording(places)
    with no_recorder(places) as is_alone:
        assert is_alone
        assert is_recording(places), "as seen from outside, the lock is held"
        with no_recorder(places) as second:
            assert not second
    assert not is_recording(places)
