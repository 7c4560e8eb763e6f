"""The samples of the page Now on disk: a line each, for the control process that comes after this one.

During a reload two processes write it for a moment, so every line is added whole and reading leaves out what
was seen twice.
"""

from __future__ import annotations

import os
from pathlib import Path

import orjson

from gateway.files import replace_file
from gateway.routing.places import Places

Key = tuple[str, str]
Point = tuple[float | None, float | None]
"""Requests per second (None: not known yet under new weights), and p99 in milliseconds (None: no request)."""
Sample = tuple[float, dict[Key, Point]]
"""When, in seconds since 1970, and the points of each route and version."""


class HistoryFile:
    """The file: at least the last `kept` samples and at most twice as many, `every` so many seconds."""

    def __init__(self, places: Places, kept: int, every: float) -> None:
        self._path = file_of(places)
        self._kept = kept
        self._every = every
        self._lines = 0

    def read(self, now: float) -> list[Sample]:
        """Return the samples that are not too old, oldest first; none where there is no file yet."""
        samples: list[Sample] = []
        for line in self._read_lines():
            sample = _sample(line)
            if sample is None or not now - self._kept * self._every < sample[0] <= now:
                continue
            if not samples or sample[0] - samples[-1][0] >= self._every / 2:
                samples.append(sample)
        return samples[-self._kept :]

    def note(self, at: float, points: dict[Key, Point]) -> None:
        """Add a sample; raises OSError where it cannot be written."""
        line = orjson.dumps([at, [[*key, *point] for key, point in points.items()]]) + b"\n"
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb", buffering=0) as file:
            file.write(line)
        self._lines += 1
        if self._lines >= self._kept:
            self._lines = 0
            replace_file(self._path, b"".join(self._read_lines()[-self._kept :]))

    def _read_lines(self) -> list[bytes]:
        try:
            return self._path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []


def file_of(places: Places) -> Path:
    """Return where the samples of a gateway are."""
    return places.run / "recent.jsonl"


def _sample(line: bytes) -> Sample | None:
    """Return a line's sample, None of one that was cut off when its writer was killed."""
    try:
        at, rows = orjson.loads(line)
        return at, {(route, name): (rate, p99) for route, name, rate, p99 in rows}
    except (ValueError, TypeError):
        return None
