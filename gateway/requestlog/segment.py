"""The open segment: the file that records are appended to, a batch and its mark in one write.

A write that fails half-way is cut off again, so that a segment never holds a part of a batch while its writer
lives. That records are on the disk itself is made sure of by a thread, once a second: a disk that takes its
time for that does not hold up whoever writes.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gateway.requestlog.places import LogPlaces

LARGEST = 64 * 1024 * 1024
OLDEST = 60.0
"""A segment that holds records is closed at so many bytes, or so many seconds after it was opened."""


class Segment:
    """The newest segment of a log. `size` is in bytes, `opened` in seconds of CLOCK_MONOTONIC."""

    __slots__ = ("_fd", "_torn", "has_records", "opened", "path", "size")

    def __init__(self, path: Path, fd: int, size: int, *, has_records: bool) -> None:
        self.path = path
        self.size = size
        self.opened = time.monotonic()
        self.has_records = has_records
        self._fd = fd
        self._torn = False

    @property
    def fd(self) -> int:
        """The open file."""
        return self._fd

    def append(self, data: bytes) -> None:
        """Write all of it or nothing; raises OSError where it cannot be written."""
        if self._torn:
            self._cut()
        written = 0
        try:
            while written < len(data):
                written += os.write(self._fd, memoryview(data)[written:])
        except OSError:
            self._torn = written > 0
            if self._torn:
                self._cut()
            raise
        self.size += written

    def _cut(self) -> None:
        os.ftruncate(self._fd, self.size)
        self._torn = False

    def is_lost(self) -> bool:
        """Tell whether somebody removed or replaced the file, so that nobody would find what is written."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return True
        here = os.fstat(self._fd)
        return (found.st_dev, found.st_ino) != (here.st_dev, here.st_ino)

    def is_full(self, now: float) -> bool:
        """Tell whether another one is to be begun; `now` is in seconds of CLOCK_MONOTONIC."""
        return self.has_records and (self.size >= LARGEST or now - self.opened >= OLDEST)


def segments(places: LogPlaces) -> list[Path]:
    """Return the segments that are not sealed, the oldest first."""
    return sorted(places.open.glob("[0-9]*.ndjson"))


def begin(places: LogPlaces, first: bytes, now: int) -> Segment:
    """Begin a segment with a first line; `now` is in nanoseconds since 1970.

    Raises OSError where it cannot be made or written.
    """
    for folder in (places.folder, places.open):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    newest = segments(places)
    stamp = max(now, int(newest[-1].stem) + 1) if newest else now  # a clock that went back changes no order
    path = places.open / f"{stamp:019d}.ndjson"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
    made = Segment(path, fd, 0, has_records=False)
    try:
        made.append(first)
    except OSError:
        os.close(fd)
        path.unlink(missing_ok=True)  # an empty file would be the newest segment, and nobody's
        raise
    return made


def resume(path: Path, size: int, *, has_records: bool) -> Segment:
    """Go on with a segment's first `size` bytes; what is behind them is cut off. Raises OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    try:
        os.ftruncate(fd, size)
    except OSError:
        os.close(fd)
        raise
    return Segment(path, fd, size, has_records=has_records)


class Syncer:
    """A thread that has files written to the disk itself; `seconds` is what the last time took."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = 0.0
        self.problem = ""
        self._clock = clock
        self._orders: queue.SimpleQueue[tuple[int, bool] | None] = queue.SimpleQueue()
        self._since = 0.0
        self._thread = threading.Thread(target=self._run, name="syncer", daemon=True)
        self._thread.start()

    def waiting(self) -> float:
        """Return for how many seconds the disk has been at it; 0 while nothing is asked of it."""
        since = self._since
        return self._clock() - since if since else 0.0

    def sync(self, fd: int, *, close: bool = False) -> None:
        """Have a file written to the disk, and closed then; nothing where that is still under way."""
        if close or not self._since:
            self._since = self._since or self._clock()
            self._orders.put((fd, close))

    def stop(self) -> None:
        """Return once everything asked for is done."""
        self._orders.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (order := self._orders.get()) is not None:
            fd, close = order
            began = self._clock()
            try:
                os.fdatasync(fd)
                self.problem = ""
            except OSError as error:
                self.problem = str(error)
            if close:
                os.close(fd)
            self.seconds = self._clock() - began
            if self._orders.empty():
                self._since = 0.0
