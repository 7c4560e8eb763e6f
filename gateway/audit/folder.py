"""The files of the trail: numbered by their first entry, a new one once the last is large."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FILE_BYTES: Final = 16 * 1024 * 1024
LOCK_TIMEOUT: Final = 1.0
PREFIX, SUFFIX = "trail-", ".ndjson"
HEADS: Final = "heads.ndjson"


class Busy(OSError):
    """Another process has held the trail for too long."""


def file_name(first: int) -> str:
    """Return the name of the file that begins with entry `first`."""
    return f"{PREFIX}{first:012d}{SUFFIX}"


def trail_files(folder: Path) -> list[Path]:
    """Return the files of the trail, oldest first; none where there is no trail. Raises OSError."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.startswith(PREFIX))
    except FileNotFoundError:
        return []


@contextmanager
def held(path: Path, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
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
                time.sleep(0.0005)
        yield
