"""Appends to the trail, from any process, without ever standing in the way of what it records.

Availability comes first: where the trail cannot be written, what was done stays done. That is told loudly,
counted, and noted in the next entry. Nothing here is heavy: `gateway rollback` records too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from gateway.audit.entry import MENDED, Place, entry_of, iso_time, line_of, place_of, read_entry
from gateway.audit.event import Event, placed
from gateway.audit.folder import FILE_BYTES, file_name, hold, trail_files
from gateway.audit.missed import forget_missed, missed, note_missed
from gateway.audit.tail import Tail, read_tail


class Trail:
    """The trail in a folder; `missed` is where what could not be written is counted, in memory."""

    def __init__(self, folder: Path, missed: Path | None = None, file_bytes: int = FILE_BYTES) -> None:
        self._folder = folder
        self._missed = missed or folder.parent / "run" / "audit-missed.json"
        self._file_bytes = file_bytes

    def record(self, event: Event, *, durable: bool = True) -> int:
        """Append an entry; return its number, 0 where it could not be written. Never raises.

        Without `durable` it does not wait for the disk: the sealer does within a second.
        """
        try:
            return self._append(placed(event), durable)
        except Exception as error:  # a fault of this gateway, too, must not undo what was done
            self.miss(event, error)
            return 0

    def _append(self, event: Event, durable: bool) -> int:
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700, exist_ok=True)
        with hold(self._folder / "lock"), self._last_file() as (fd, place, torn):
            unwritten = missed(self._missed)
            entry = entry_of(event, place, time.time(), unwritten)
            append_whole(fd, torn + line_of(entry))
            if unwritten:
                forget_missed(self._missed)
            kept = os.dup(fd) if durable else -1
        if durable:  # others may write meanwhile
            try:
                os.fsync(kept)
            finally:
                os.close(kept)
        return place.n + 1

    def mend(self) -> None:
        """Complete a line that a dying process left, so that it can be signed. Raises OSError."""
        with hold(self._folder / "lock"), self._last_file() as (fd, _, torn):
            if torn:
                append_whole(fd, torn)

    @contextmanager
    def _last_file(self) -> Iterator[tuple[int, Place, bytes]]:
        """Yield the file to append to, the place to go on from, and what completes a torn line first."""
        files = trail_files(self._folder)
        path = files[-1] if files else self._folder / file_name(1)
        fd = _opened(path)
        try:
            tail = self._tail(files, fd)
            place, torn = _completed(tail, path.name)
            if os.fstat(fd).st_size > self._file_bytes:
                if torn:
                    append_whole(fd, torn)
                os.close(fd)
                fd, torn = _opened(self._folder / file_name(place.n + 1)), b""
            yield fd, place, torn
        finally:
            os.close(fd)

    def _tail(self, files: list[Path], fd: int) -> Tail:
        tail = read_tail(fd, os.fstat(fd).st_size)
        for path in reversed(files[:-1]):
            if not tail.is_empty:
                break
            with path.open("rb") as file:  # a process died after it had begun a new file
                earlier = read_tail(file.fileno(), os.fstat(file.fileno()).st_size)
            tail = Tail(earlier.place, tail.torn, earlier.is_empty)
        return tail

    def miss(self, event: Event, error: Exception) -> None:
        """Log that there is no entry of an event, with a traceback where that is a fault, and count it."""
        import logging  # not before it is needed: `rollback` pays for every import

        is_fault = not isinstance(error, OSError)
        problem = (
            error.strerror or error if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        )
        told = f"{self._folder}: {problem}"
        logging.getLogger("gateway.audit").error(
            "the audit trail could not be written (%s), so there is no entry of this: %s by %s (%s) was %s",
            *(told, event.what, event.who, event.why, event.result),
            exc_info=error if is_fault else None,
        )
        try:
            note_missed(self._missed, iso_time(time.time()), told, event.what)
        except OSError:
            pass  # no gateway runs here, so there is no memory of it either; the line above has told


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _completed(tail: Tail, name: str) -> tuple[Place, bytes]:
    """Return the place to go on from and the bytes that complete a torn line."""
    if not tail.torn:
        return tail.place, b""
    if tail.is_complete:
        return place_of(read_entry(tail.torn)), b"\n"
    told = {"file": name, "bytes": len(tail.torn), "sha256": sha256(tail.torn).hexdigest()}
    detail = "a process ended while it wrote the line before this one; its bytes are kept as they are"
    event = Event(MENDED, "gateway", "gateway", before=told, detail=detail)
    entry = entry_of(event, tail.place, time.time())
    return place_of(entry), b"\n" + line_of(entry)


def append_whole(fd: int, content: bytes) -> None:
    """Append all of it or nothing. Raises OSError."""
    before = os.fstat(fd).st_size
    written = 0
    try:
        while written < len(content):
            written += os.write(fd, content[written:])
    except OSError:
        os.ftruncate(fd, before)
        raise


__all__ = ["Event", "Trail"]
