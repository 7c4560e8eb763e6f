"""Access lines: each record as one line on standard output, for people and for collectors of containers.

A thread writes them. Whoever reads standard output may stop reading; then lines are left out and counted, and
the records themselves are written all the same.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal

import orjson

from gateway.requestlog.content import CONTENT

Format = Literal["console", "json"]
WAITING: Final = 64
"""Batches that may wait for whoever reads standard output."""


def access_line(record: dict[str, Any], format: Format) -> bytes:
    """Return a record as one line: `console` for people, `json` without what users sent."""
    if format == "json":
        kept = {name: value for name, value in record.items() if name not in CONTENT}
        return orjson.dumps(kept, option=orjson.OPT_APPEND_NEWLINE)
    path = "".join(letter if letter.isprintable() else "?" for letter in record.get("path", "-"))
    words = (_at(record["ts"]), record.get("method", "-"), path, record["status"], record.get("version", "-"))
    return f"{' '.join(map(str, words))} {record['latency_ms']:.1f} ms\n".encode("utf-8", "replace")


def _at(microseconds: int) -> str:
    try:
        at = datetime.fromtimestamp(microseconds / 1e6, UTC)
    except (ValueError, OverflowError):  # no time that a calendar has: memory was overwritten, or the clock
        return "-"
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class AccessLog:
    """Writes access lines to a file descriptor, from a thread; `left_out` counts those it could not."""

    def __init__(self, fd: int = 1) -> None:
        self.left_out = 0
        self._fd = fd
        self._batches: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None

    def write(self, lines: Iterable[bytes]) -> None:
        """Have lines written; returns at once."""
        found = list(lines)
        if not found:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="access", daemon=True)
            self._thread.start()
        try:
            self._batches.put_nowait(b"".join(found))
        except queue.Full:
            self.left_out += len(found)

    def stop(self, patience: float = 1.0) -> None:
        """Return once everything is written, or after so many seconds."""
        if self._thread is not None:
            try:
                self._batches.put(None, timeout=patience)
            except queue.Full:
                return
            self._thread.join(patience)

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            left = memoryview(batch)
            try:
                while left:
                    left = left[os.write(self._fd, left) :]
            except OSError:
                self.left_out += bytes(left).count(b"\n")  # nobody reads it any more
