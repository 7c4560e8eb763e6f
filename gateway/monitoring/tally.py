"""Counters in shared memory: each worker writes its own file, anyone may read it at any time.

A worker that is killed loses no count, and reading asks nothing of the data plane. This is the writing side,
`tally_block` the part of it that is on the request path; `tally_layout` says where each number stands, and
`tally_read` reads it. All numbers are 64-bit words written by one process only.
"""

from __future__ import annotations

import mmap
import os
import time
from pathlib import Path

from gateway.monitoring import tally_layout as layout
from gateway.monitoring.tally_block import Block
from gateway.monitoring.tally_layout import (
    BAD_GATEWAY,
    BLOCK_WORDS,
    CAPACITY,
    CLIENT_ERROR,
    DISCONNECTED,
    FALLBACK,
    INTERVALS_KEPT,
    LIMITS,
    OK,
    OUTCOMES,
    REFUSED,
    SERVER_ERROR,
    TIMEOUT,
    UNAVAILABLE,
)
from gateway.monitoring.tally_pace import Paces
from gateway.monitoring.tally_read import Count, WorkerState, read, read_state

__all__ = [
    "BAD_GATEWAY",
    "CLIENT_ERROR",
    "DISCONNECTED",
    "FALLBACK",
    "INTERVALS_KEPT",
    "LIMITS",
    "OK",
    "OUTCOMES",
    "REFUSED",
    "SERVER_ERROR",
    "TIMEOUT",
    "UNAVAILABLE",
    "Block",
    "Count",
    "TallyWriter",
    "WorkerState",
    "read",
    "read_state",
]


class TallyWriter:
    """One worker's file. A restarted worker goes on where the one before it was killed."""

    def __init__(self, path: Path, pid: int) -> None:
        self._path = path
        self._map = _opened(path)
        self._words = memoryview(self._map).cast("Q")
        if self._words[0] != layout.MAGIC:
            self._words[layout.USED] = 1
            for snapshot in layout.HIT_SNAPSHOTS:
                self._words[snapshot] = int(time.monotonic() * 1000)
            self._words[0] = layout.MAGIC
        self._words[layout.PID] = pid
        # Odd where the worker before this one was killed while it folded.
        self._words[layout.EPOCH] += self._words[layout.EPOCH] & 1
        self._series: dict[tuple[str, str], dict[int, Block]] = {}
        self._all: list[Block] = []
        self._next_snapshot = 0
        self._snapshots_due = 0.0
        self._paces = Paces(self._words)
        self._take_up()

    def _take_up(self) -> None:
        """Go on with the blocks that are there."""
        for index, route, service, since in layout.directory(self._words):
            block = Block(self._words, index)
            self._series.setdefault((route, service), {})[since] = block
            self._all.append(block)
            self._paces.follow(route, block)
        self._paces.resume(int(time.monotonic() * 1000))

    def hit(self, limit: int) -> None:
        """Count that a limit held; `limit` is one of `tally_layout`'s HIT_ numbers."""
        self._words[layout.HITS + limit] += 1

    def block(self, route: str, service: str, since: int) -> Block:
        """Return the block of a series and interval, made on first use.

        Once all are taken, what has none yet is counted together in the nameless block, for which the last
        is kept free.
        """
        series = self._series.setdefault((route, service), {})
        block = series.get(since)
        if block is None:
            block = self._recycled(series, since)
            if block is None and self._words[layout.USED] >= CAPACITY - 1 and (route, service) != ("", ""):
                return self.block("", "", 0)
            block = series[since] = block or self._new_block(route, service, since)
        return block

    def _recycled(self, series: dict[int, Block], since: int) -> Block | None:
        if len(series) < INTERVALS_KEPT:
            return None
        self._words[layout.EPOCH] += 1
        past = series.get(0)
        if past is None:
            oldest = series.pop(min(series))
            self._words[oldest.base + layout.SINCE] = 0
            series[0] = past = oldest
        block = series.pop(min(key for key in series if key))
        block.fold_into(past, int(time.monotonic() * 1000))
        self._words[block.base + layout.SINCE] = since
        self._words[layout.EPOCH] += 1
        return block

    def _has_room(self, index: int) -> bool:
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            try:
                _reserve(fd, index)
            finally:
                os.close(fd)
        except OSError:
            return False
        return True

    def _new_block(self, route: str, service: str, since: int) -> Block:
        used = self._words[layout.USED]
        if not self._has_room(used):
            if (route, service) != ("", ""):
                return self.block("", "", 0)
            return Block(memoryview(bytearray(BLOCK_WORDS * 8)).cast("Q"), 0)  # counts, but nobody sees it
        block = Block(self._words, used)
        now_ms = int(time.monotonic() * 1000)
        for snapshot in layout.SNAPSHOTS:
            self._words[block.base + snapshot] = now_ms
        layout.enter(self._words, used, route, service, since)
        self._all.append(block)
        if self._paces.lacks(route) and used + 1 < CAPACITY - 1 and self._has_room(used + 1):
            self._paces.make(route, used + 1, now_ms)
        self._paces.follow(route, block)
        return block

    def beat(self, now: float, revision: int, connections: int) -> None:
        """Say that this worker is alive, which plan it serves and how many clients it holds."""
        self._words[layout.BEAT] = int(now * 1000)
        self._words[layout.REVISION] = revision
        self._words[layout.CONNECTIONS] = connections

    def snapshot(self, now: float, elapsed: float) -> None:
        """Move on the recent windows of as many series as fall due in `elapsed` seconds, in turn."""
        count = len(self._all)
        self._snapshots_due = min(self._snapshots_due + count * elapsed / layout.SNAPSHOT_EVERY, count)
        while self._snapshots_due >= 1:
            self._snapshots_due -= 1
            self._next_snapshot = (self._next_snapshot + 1) % count
            self._all[self._next_snapshot].snapshot(int(now * 1000))
        self._snapshot_hits(int(now * 1000))
        self._paces.mark(int(now * 1000), elapsed)

    def _snapshot_hits(self, now_ms: int) -> None:
        words = self._words
        older, newer = layout.HIT_SNAPSHOTS
        if words[older] > words[newer]:
            older, newer = newer, older
        if now_ms - words[newer] >= layout.HIT_SNAPSHOT_EVERY * 1000:
            words[older] = now_ms
            words[older + 1 : older + 1 + layout.MOST_LIMITS] = words[
                layout.HITS : layout.HITS + layout.MOST_LIMITS
            ]


def _opened(path: Path) -> mmap.mmap:
    """Open the file, or make it anew where it is of another kind: readers may still hold the old one."""
    size = CAPACITY * BLOCK_WORDS * 8
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if int.from_bytes(os.pread(fd, 8, 0), "little") not in (0, layout.MAGIC):
            path.unlink()
            return _opened(path)
        os.ftruncate(fd, size)
        _reserve(fd, 0)
        return mmap.mmap(fd, size)
    finally:
        os.close(fd)


def _reserve(fd: int, index: int) -> None:
    """Reserve a block's memory before it is written: a write that finds none left would kill the process."""
    os.posix_fallocate(fd, index * BLOCK_WORDS * 8, BLOCK_WORDS * 8)
