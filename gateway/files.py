"""Files as others see them: replaced whole or not at all, and on the disk when that is said."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LOOK_EVERY: Final = 0.0005


class Busy(OSError):
    """Another process has held a lock for too long."""


@contextmanager
def held(path: Path, timeout: float) -> Iterator[None]:
    """Hold a lock file; a process that dies lets go of it. Raises Busy after so many seconds."""
    deadline = time.monotonic() + timeout
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy(f"{path} has been held for {timeout:g} s by another process") from None
                time.sleep(_LOOK_EVERY)
        yield


def read_small(path: Path, most_bytes: int) -> bytes:
    """Return all of a file that a person named; never waits, and never reads more than `most_bytes`.

    A pipe or a device would be waited for, or never end. Raises OSError, whose `strerror` says why.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a null byte, or a character that no file's name can have
        raise OSError(errno.EINVAL, f"its name cannot be one: {error}", str(path)) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a file", str(path))
        content = bytearray()
        while len(content) <= most_bytes and (part := os.read(descriptor, most_bytes + 1 - len(content))):
            content += part
    finally:
        os.close(descriptor)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {most_bytes} bytes", str(path))
    return bytes(content)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)


def sync(path: Path) -> None:
    """Wait until a file, or what a folder lists, would survive a power cut. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
