"""Files of memory that workers share, reserved before they are written, and the hash they agree on.

A write to memory that is full would kill the process, so every file is reserved whole when it is made; where
that fails, the worker goes on with memory of its own and says so.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
from hashlib import blake2b
from pathlib import Path

log = logging.getLogger("gateway.worker")

_KEY_BYTES = 32


class KeyedHash:
    """64 bits of any bytes. Without the key, which only workers know, nobody can aim a collision."""

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        self._keyed = blake2b(key=key, digest_size=8)

    def of(self, data: bytes) -> int:
        """Return the hash, the same in every worker."""
        state = self._keyed.copy()
        state.update(data)
        return int.from_bytes(state.digest(), "little")


def shared_hash(path: Path) -> KeyedHash:
    """Return the hash with the key in this file, which the first worker makes."""
    try:
        return KeyedHash(_shared_key(path))
    except OSError as error:
        _warn(path, error)
        return KeyedHash(os.urandom(_KEY_BYTES))


def _shared_key(path: Path) -> bytes:
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_bytes(os.urandom(_KEY_BYTES))
            os.link(temporary, path)
        except FileExistsError:
            pass  # another worker was first: the key is its
        finally:
            temporary.unlink(missing_ok=True)
    return path.read_bytes()


def shared(path: Path, size: int) -> memoryview:
    """Return the bytes of a file that many write; the first of them makes it, of zeros."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            return _reserved(fd, size)
        finally:
            os.close(fd)
    except OSError as error:
        _warn(path, error)
        return memoryview(bytearray(size))


def owned(path: Path, size: int, magic: bytes) -> memoryview:
    """Return the bytes of a new file that this process alone writes: `magic`, then zeros.

    A lock on it says that its owner lives; it ends with the process, however that ends.
    """
    try:
        fd = _locked(path)
        try:
            found = _reserved(fd, size)
        finally:
            os.close(fd)  # the mapping has a copy, and with it the lock
    except OSError as error:
        _warn(path, error)
        found = memoryview(bytearray(size))
    found[: len(magic)] = magic  # last, for it says that all the rest is there
    return found


def _locked(path: Path) -> int:
    while True:
        path.unlink(missing_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return fd
        os.close(fd)  # another worker found it before it was locked, and took it for an orphan


def foreign(path: Path, size: int, magic: bytes) -> memoryview | None:
    """Return the bytes of a file that another process owns, None where it is being made or gone."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # Read, not mapped: memory that is not there yet would be made by a look at it, or there be no room.
        if os.read(fd, len(magic)) != magic:
            return None
        return memoryview(mmap.mmap(fd, size, access=mmap.ACCESS_READ))
    finally:
        os.close(fd)


def clear_away(path: Path) -> bool:
    """Remove a file whose owner has ended; tell whether it is gone."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: several workers may look at once
    except BlockingIOError:
        return False
    else:
        path.unlink(missing_ok=True)  # while it is locked here: an owner that just begins will notice
        return True
    finally:
        os.close(fd)


def _reserved(fd: int, size: int) -> memoryview:
    os.posix_fallocate(fd, 0, size)  # makes a file longer, never shorter, and keeps what is in it
    return memoryview(mmap.mmap(fd, size))


def _warn(path: Path, error: OSError) -> None:
    log.warning(
        "%s cannot be shared (%s), so limits hold in each worker by itself; make room in %s and restart it",
        path,
        error.strerror,
        path.parent,
    )
