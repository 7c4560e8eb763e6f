"""Has the recorder write down what the workers have left for it, and begin another segment."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.errors import GatewayError
from gateway.requestlog.places import LogPlaces

PAUSE = 0.01


def rotate(places: LogPlaces, *, patience: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
    """Return once all records of requests answered before the call are in closed segments.

    Waits for a recorder up to `patience` seconds; raises GatewayError where none does it.
    """
    until = clock() + patience
    places.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for _ in range(2):  # what was in memory may have been read just after the first one
        places.rotate.touch()
        while places.rotate.exists():
            if clock() > until:
                places.rotate.unlink(missing_ok=True)
                raise GatewayError(
                    f"the recorder of {places.folder} has not begun another segment within {patience:g} s: "
                    "records may still be in memory; nothing was changed: see `gateway status`, try again"
                )
            time.sleep(PAUSE)


def is_recording(places: LogPlaces) -> bool:
    """Tell whether a recorder lives."""
    with no_recorder(places) as is_alone:
        return not is_alone


@contextmanager
def no_recorder(places: LogPlaces) -> Iterator[bool]:
    """Keep a recorder from starting; yields False where one lives. One that starts meanwhile waits."""
    places.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with places.recorder_lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
