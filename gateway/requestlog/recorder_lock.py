"""One recorder at a time: two would cut off what the other one writes."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.requestlog.places import LogPlaces

PAUSE = 0.1


@contextmanager
def recorder_lock(places: LogPlaces, gives_up: Callable[[], bool]) -> Iterator[bool]:
    """Hold the recorder's lock; yields False where it was given up to wait for the one that has it.

    Raises OSError where there can be no such file.
    """
    for folder in (places.folder, places.open):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(places.recorder_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not (is_held := _try(fd)) and not gives_up():
            time.sleep(PAUSE)
        yield is_held
    finally:
        os.close(fd)


def _try(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
