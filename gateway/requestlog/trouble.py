"""What keeps records from being written, since when, and how that is said."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

DISK_FULL = "disk_full"
WRITE_FAILED = "write_failed"
PATIENCE = 1.0
"""Seconds for which records wait in memory for a disk that fails; then they are dropped and counted."""
AGAIN, AGAIN_LATER = 0.1, 1.0
"""Seconds until the next try, as long as records wait and afterwards."""
FREE_BYTES, FREE_SHARE = 256 * 1024 * 1024, 0.01
"""A file system with less room than the larger of these counts as full: others need some of it."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing is written. `since` is in seconds of CLOCK_MONOTONIC, `wall` in seconds since 1970."""

    reason: str
    cause: str
    since: float
    wall: float
    next_try: float

    def still(self, reason: str, cause: str, now: float) -> Trouble:
        """Return it as it is after another try that failed."""
        wait = AGAIN_LATER if self.is_lasting(now) else AGAIN
        return replace(self, reason=reason, cause=cause, next_try=now + wait)

    def is_lasting(self, now: float) -> bool:
        """Tell whether records are dropped by now."""
        return now - self.since >= PATIENCE

    def sentence(self, now: float) -> str:
        """Say it to a person."""
        at = datetime.fromtimestamp(self.wall, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        what = "disk full" if self.reason == DISK_FULL else "the log cannot be written"
        then = "records are dropped" if self.is_lasting(now) else "records wait in memory"
        return f"{what} since {at}: {then}; traffic is not affected ({self.cause})"


def begun(reason: str, cause: str, now: float, wall: float) -> Trouble:
    """Return a trouble that was just found."""
    return Trouble(reason, cause, now, wall, now + AGAIN)


def reason_of(error: OSError) -> str:
    """Return the reason that records are dropped for where a write fails so."""
    return DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else WRITE_FAILED


def shortage(folder: Path) -> str:
    """Say why a file system counts as full, empty where it has room. Raises OSError."""
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    least = max(FREE_BYTES, int(found.f_blocks * found.f_frsize * FREE_SHARE))
    if free >= least:
        return ""
    mebi = 1024 * 1024
    return f"{free // mebi} MiB are free where {folder} lies, and {least // mebi} MiB are left to others"
