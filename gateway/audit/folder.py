"""The files of the trail: numbered by their first entry, a new one once the last is large."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from gateway.files import held

FILE_BYTES: Final = 16 * 1024 * 1024
LOCK_TIMEOUT: Final = 1.0
PREFIX, SUFFIX = "trail-", ".ndjson"
HEADS: Final = "heads.ndjson"


def file_name(first: int) -> str:
    """Return the name of the file that begins with entry `first`."""
    return f"{PREFIX}{first:012d}{SUFFIX}"


def trail_files(folder: Path) -> list[Path]:
    """Return the files of the trail, oldest first; none where there is no trail. Raises OSError."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.startswith(PREFIX))
    except FileNotFoundError:
        return []


def hold(path: Path, timeout: float = LOCK_TIMEOUT) -> AbstractContextManager[None]:
    """Hold a lock file of the trail, as `gateway.files.held`: whoever is recorded does not wait for long."""
    return held(path, timeout)
