"""The recorder's lock: one at a time, and the next waits until it is its turn."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

from gateway.requestlog.places import LogPlaces
from gateway.requestlog.recorder_lock import recorder_lock
from tests.waiting import BOUND


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    """It has the lock once the other lets go."""
    places = LogPlaces(tmp_path / "log")
    waits, has_it = threading.Event(), threading.Event()

    def gives_up() -> bool:
        waits.set()
        return False

    def second() -> None:
        with recorder_lock(places, gives_up) as is_held:
            if is_held:
                has_it.set()

    thread = threading.Thread(target=second)
    with recorder_lock(places, lambda: False) as is_held:
        assert is_held
        thread.start()
        assert waits.wait(BOUND)
        assert not has_it.is_set()
    assert has_it.wait(BOUND)
    thread.join(BOUND)


def test_who_gives_up_does_not_have_it(tmp_path: Path) -> None:
    """And knows."""
    places = LogPlaces(tmp_path / "log")
    with recorder_lock(places, lambda: False), recorder_lock(places, lambda: True) as is_held:
        assert not is_held


def test_the_folders_are_made_for_this_user_alone(tmp_path: Path) -> None:
    """The lock lies in the log's own folder."""
    places = LogPlaces(tmp_path / "state" / "log")
    with recorder_lock(places, lambda: True):
        pass
    for folder in (places.folder, places.open):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(places.recorder_lock.stat().st_mode) == 0o600
