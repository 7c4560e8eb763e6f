"""A worker's side of its ring: leave a frame in memory, or count that there was no room for it.

Nothing here waits: no lock, no reader that has to be alive, no disk. A ring outlives its writer, and the next
worker of the same number goes on in it. Memory is reserved in steps the first time round, before it is
written: a write that finds none left would kill the process.
"""

from __future__ import annotations

import logging
import mmap
import os
import time
from pathlib import Path
from struct import Struct
from typing import Final

from gateway.requestlog.ring_layout import (
    AT_BIRTH,
    AT_DROPPED,
    AT_HEAD,
    AT_MAGIC,
    AT_N,
    AT_SIZE,
    AT_TAIL,
    AT_VERSION,
    FULL,
    HEADER,
    LEAST,
    MAGIC,
    SKIP,
    TOO_LARGE,
    VERSION,
    largest,
    padded,
)

log = logging.getLogger("gateway.worker")

STEP = 256 * 1024
"""Bytes that are reserved at a time."""
PATIENCE = 1_000
"""Records after which memory is asked for again, where there was none."""
_SKIP_MARK: Final = SKIP.to_bytes(4, "little")
_WORDS = Struct("<4Q")


class RingWriter:
    """One worker's ring; `n` is the number of the next record, `birth` when the ring was made."""

    __slots__ = (
        "_data",
        "_fd",
        "_free",
        "_head",
        "_largest",
        "_next_try",
        "_reserved",
        "_size",
        "_words",
        "birth",
        "n",
    )

    def __init__(self, path: Path, size: int) -> None:
        """Go on in the ring there is, else make one of so many bytes. Raises OSError where that fails.

        A ring of another size is made anew once it is fully read, and used as it is until then.
        """
        self._fd = _opened(path, max(size & -8, LEAST))
        length = os.fstat(self._fd).st_size
        self._size = length - HEADER
        self._largest = largest(self._size)
        self._data = mmap.mmap(self._fd, length)
        self._words = words = memoryview(self._data)[:HEADER].cast("Q")
        self.birth: int = words[AT_BIRTH]
        head: int = words[AT_HEAD]
        n: int = words[AT_N]
        self._head = head & -8
        self.n = n + ((head - n) & 7)
        words[AT_N] = self.n
        self._free = self._reserved = self._next_try = 0

    def write(self, frame: bytes) -> bool:
        """Leave a frame, which begins with its size and carries `n`; tell whether there was room.

        It takes the next number either way.
        """
        size = len(frame)
        need = padded(size)
        at = self._head % self._size
        left = self._size - at
        end = at + need
        if need > left:  # a frame never wraps: the rest of the data is skipped
            need += left
            end = self._size
        if size > self._largest:
            return self._drop(TOO_LARGE)
        if need > self._free and not self._has_room(need):
            return self._drop(FULL)
        if end > self._reserved and not self._reserve(end):
            return self._drop(FULL)
        at += HEADER
        if need > left:
            self._data[at : at + 4] = _SKIP_MARK
            at = HEADER
        self._data[at : at + size] = frame
        self._head += need
        self._free -= need
        self._number()
        return True

    def close(self) -> None:
        """Let go of the memory; the ring stays for whoever reads it, and for the next worker."""
        self._words.release()
        self._data.close()
        os.close(self._fd)

    def _number(self) -> None:
        n = self.n + 1
        self.n = n
        words = self._words
        words[AT_HEAD] = self._head | (n & 7)
        words[AT_N] = n

    def _drop(self, reason: int) -> bool:
        self._number()
        self._words[AT_DROPPED + reason] += 1
        return False

    def _has_room(self, need: int) -> bool:
        """Look how far the reader has come since the last look."""
        tail: int = self._words[AT_TAIL]
        unread = self._head - tail
        self._free = self._size - unread if 0 <= unread <= self._size else 0
        return need <= self._free

    def _reserve(self, end: int) -> bool:
        """Reserve memory up to this place of the data; tell whether there was any."""
        if self.n < self._next_try:
            return False
        start = self._reserved
        upto = min(max(start + STEP, end), self._size)
        try:
            os.posix_fallocate(self._fd, HEADER + start, upto - start)
        except OSError as error:
            log.warning(
                "no memory for the request log (%s): records are dropped and counted as full; make room in "
                "/dev/shm or set a smaller buffer",
                error.strerror,
            )
            self._next_try = self.n + PATIENCE
            return False
        self._reserved = upto
        return True


def _opened(path: Path, size: int) -> int:
    """Open the ring there is if it may be gone on with, else make one and put it in its place."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return _made(path, size)
    if _is_usable(fd, path, size):
        return fd
    os.close(fd)
    return _made(path, size)


def _is_usable(fd: int, path: Path, size: int) -> bool:
    words = memoryview(os.pread(fd, HEADER, 0).ljust(HEADER, b"\0")).cast("Q")
    found, unread = words[AT_SIZE], (words[AT_HEAD] & -8) - words[AT_TAIL]
    is_ring = words[AT_MAGIC] == MAGIC and words[AT_VERSION] == VERSION
    has_form = found % 8 == 0 and found >= LEAST and os.fstat(fd).st_size == HEADER + found
    if not is_ring or not has_form or not 0 <= unread <= found:
        log.warning("%s makes no sense as a ring, or is another version's: it is made anew", path)
        return False
    return bool(found == size or unread)


def _made(path: Path, size: int) -> int:
    """Make a ring beside its place and move it there, so that a reader only ever finds a whole one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(fd, HEADER + size)
        os.posix_fallocate(fd, 0, HEADER)
        os.pwrite(fd, _WORDS.pack(MAGIC, VERSION, size, time.time_ns()), 0)
        temporary.rename(path)
    except OSError:
        os.close(fd)
        temporary.unlink(missing_ok=True)
        raise
    return fd
