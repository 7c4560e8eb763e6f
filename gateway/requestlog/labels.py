"""The truth on disk: a file for each hour in which labels came, appended to by whoever receives them.

The admin API and the command line both append, also at the same time: a lock on the file keeps their lines
whole. What was said twice is told apart when it is read (the last word counts), so sending a batch again is
never wrong. Past hours are sealed to Parquet, past days to one file.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import orjson

from gateway.requestlog.label_lines import Label
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import LogPolicy
from gateway.requestlog.secrets import Secrets


class LabelStore:
    """Where labels are kept; `now` is wall time in seconds."""

    def __init__(
        self,
        places: LogPlaces,
        secrets: Secrets,
        policies: Mapping[str, LogPolicy | None],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`policies` are those of the routes: a key that the log pseudonymises is pseudonymised here too."""
        self._places = places
        self._secrets = secrets
        self._hashed = {
            name
            for name, policy in policies.items()
            if policy is not None and policy.labels.key in policy.filter.pseudonymise
        }
        self._now = now

    def append(self, labels: Sequence[Label]) -> None:
        """Keep labels for good: once this returns they outlive a crash. Raises OSError where they cannot."""
        if not labels:
            return
        now = self._now()
        received = int(now * 1e6)
        # they all come at one time, so which of two is the last word is to be seen here alone
        last = {(label.id, label.row, label.route, label.key): label for label in labels}
        data = b"".join(self._line(label, received) for label in last.values())
        self._places.labels.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = time.strftime("%Y-%m-%dT%H", time.gmtime(now))
        _append(self._places.labels / f"{name}.ndjson", data)

    def _line(self, label: Label, received: int) -> bytes:
        key = label.key
        if key and label.route in self._hashed:
            key = self._secrets.pseudonym_of(key)
        document = {
            "id": label.id,
            "row": label.row,
            "route": label.route,
            "key": key,
            "label": label.label,
            "value": label.value,
            "received": received,
        }
        return orjson.dumps({name: value for name, value in document.items() if value != ""}) + b"\n"


def _append(path: Path, data: bytes) -> None:
    fd = _locked(path)
    try:
        size = os.fstat(fd).st_size
        if size and os.pread(fd, 1, size - 1) != b"\n":
            data = b"\n" + data  # whoever wrote last was killed in the middle of a line
        try:
            _write_all(fd, data)
            os.fsync(fd)
        except OSError:
            os.ftruncate(fd, size)  # all of it or nothing
            raise
    finally:
        os.close(fd)


def _locked(path: Path) -> int:
    """Open a file for appending and lock it; another one where it was sealed and removed meanwhile."""
    while True:
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_nlink:
                return fd
        except OSError:
            os.close(fd)
            raise
        os.close(fd)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
