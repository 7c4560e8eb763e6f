"""The recorder's side of a ring: take whole frames, then wipe what was read.

Nothing is lost where the reader dies: what it took without `release` is there for the next one, which is told
by `seek` how much of that is safe already.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from gateway.requestlog.ring_layout import (
    AT_BIRTH,
    AT_DROPPED,
    AT_HEAD,
    AT_MAGIC,
    AT_N,
    AT_SIZE,
    AT_TAIL,
    AT_VERSION,
    HEADER,
    LEAST,
    MAGIC,
    REASONS,
    SKIP,
    SMALLEST_FRAME,
    VERSION,
    RingError,
    largest,
    padded,
)

_ZEROS = memoryview(bytes(256 * 1024))  # made once: the system would give, and clear, as much each time


class RingReader:
    """One worker's ring as its only reader sees it.

    `tail` is how far it was taken, in bytes since `birth` (nanoseconds since 1970, when the ring was made).
    """

    def __init__(self, path: Path) -> None:
        """Attach to a ring. Raises OSError where there is none, RingError where the file is none."""
        self.path = path
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            found = os.fstat(fd)
            self._size = _checked(path, os.pread(fd, HEADER, 0), found.st_size)
            self._file = (found.st_dev, found.st_ino)
            self._data = mmap.mmap(fd, HEADER + self._size)
        finally:
            os.close(fd)
        self._words = memoryview(self._data)[:HEADER].cast("Q")
        self._sizes = memoryview(self._data).cast("I")  # what a frame begins with
        self.birth: int = self._words[AT_BIRTH]
        self.tail: int = self._words[AT_TAIL]

    @property
    def n(self) -> int:
        """How many records were numbered, dropped ones included."""
        number: int = self._words[AT_N]
        return number

    @property
    def unread(self) -> int:
        """How many bytes wait."""
        return self._head() - self.tail

    @property
    def size(self) -> int:
        """How many bytes there are for frames."""
        return self._size

    def dropped(self) -> dict[str, int]:
        """Return how many records were dropped since the ring was made, by reason."""
        return {reason: self._words[AT_DROPPED + index] for index, reason in enumerate(REASONS)}

    def is_replaced(self) -> bool:
        """Tell whether its writer made another ring in its place: then nothing more comes in this one."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return True
        return (found.st_dev, found.st_ino) != self._file

    def take(self, limit: int) -> list[bytes]:
        """Return the next frames, in all at most `limit` bytes, but at least one if there is any.

        Raises RingError where the next one makes no sense; `reset` goes on behind it.
        """
        head = self._head()
        if not 0 <= head - self.tail <= self._size:
            raise self._nonsense(f"{head} bytes were written and {self.tail} read")
        frames: list[bytes] = []
        left = limit
        while self.tail < head:
            at = self.tail % self._size
            size = self._sizes[(HEADER + at) >> 2]
            if size == SKIP:
                self.tail += self._size - at
                continue
            if not self._is_frame(at, size, head):
                if frames:
                    break
                raise self._nonsense(f"a frame at byte {self.tail} has {size} bytes")
            if frames and size > left:
                break
            frames.append(self._data[HEADER + at : HEADER + at + size])
            left -= size
            self.tail += padded(size)
        return frames

    def release(self) -> None:
        """Wipe what was taken and give its place back to the writer."""
        start, end = self._words[AT_TAIL], self.tail
        if not 0 <= end - start <= self._size:
            raise self._nonsense(f"it was read up to {start}, and then up to {end}")
        self._wipe(start, end)
        self._words[AT_TAIL] = end

    def seek(self, tail: int) -> None:
        """Go on at a place that an earlier reader had taken everything up to, and wipe what is before it.

        Raises RingError where that place is not among what was written and not released yet.
        """
        if not self._words[AT_TAIL] <= tail <= self._head() or tail % 8:
            raise self._nonsense(f"reading was to go on at byte {tail}")
        self.tail = tail
        self.release()

    def reset(self) -> int:
        """Give up whatever is not released yet and go on with what comes next; return how many bytes.

        The writer is not disturbed. The numbers of the records show which ones are missing.
        """
        head, start = self._head(), self._words[AT_TAIL]
        lost = head - start
        is_sound = 0 <= lost <= self._size
        if is_sound:
            self._wipe(start, head)
        self.tail = head
        self._words[AT_TAIL] = head
        return lost if is_sound else 0

    def close(self) -> None:
        """Let go of the memory."""
        self._words.release()
        self._sizes.release()
        self._data.close()

    def _head(self) -> int:
        head: int = self._words[AT_HEAD]
        return head & -8

    def _is_frame(self, at: int, size: int, head: int) -> bool:
        if not SMALLEST_FRAME <= size <= largest(self._size):
            return False
        return at + padded(size) <= self._size and self.tail + padded(size) <= head

    def _wipe(self, start: int, end: int) -> None:
        while start < end:
            at = start % self._size
            count = min(end - start, self._size - at, len(_ZEROS))
            self._data[HEADER + at : HEADER + at + count] = _ZEROS[:count]
            start += count

    def _nonsense(self, what: str) -> RingError:
        return RingError(
            f"{self.path}: {what}, in a ring of {self._size} bytes; something else wrote into this file, so "
            "the records in it are given up"
        )


def has_waiting(path: Path) -> bool:
    """Tell whether records wait in a ring that cannot be read, as of an earlier version; False where unknown.

    Where head and tail stand has been the same in every version.
    """
    try:
        with path.open("rb") as file:
            words = memoryview(file.read(HEADER).ljust(HEADER, b"\0")).cast("Q")
    except OSError:
        return False
    return words[AT_MAGIC] == MAGIC and words[AT_HEAD] & -8 != words[AT_TAIL]


def _checked(path: Path, content: bytes, length: int) -> int:
    """Return the size of a ring's data by its first page; raises RingError where it is no ring."""
    words = memoryview(content.ljust(HEADER, b"\0")).cast("Q")
    size: int = words[AT_SIZE]
    is_ring = words[AT_MAGIC] == MAGIC and words[AT_VERSION] == VERSION
    if not is_ring or size % 8 or size < LEAST or length != HEADER + size:
        raise RingError(
            f"{path} is no ring, or one of another version of the gateway, so its records cannot be read; a "
            "worker that is started again makes a new one: `gateway reload`"
        )
    return size
