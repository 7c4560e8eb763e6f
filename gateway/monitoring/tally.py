"""Counters in shared memory: each worker writes its own file, anyone may read it at any time.

A worker that is killed loses no count, and reading asks nothing of the data plane. A file is a row of
4 KiB blocks: block 0 describes the process, each later one is the tally of one route, service and interval
of constant weights. All numbers are 64-bit words written by one process only.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.statistics.histogram import BUCKETS

BLOCK_WORDS = 512
CAPACITY = 65_536
"""Blocks in a file. The file is sparse: a block costs memory once it is used."""

OUTCOMES = (
    "ok",
    "client_error",
    "server_error",
    "refused",
    "unavailable",
    "bad_gateway",
    "timeout",
    "disconnected",
    "fallback",
)
"""What became of a request. `ok`, `client_error` (4xx) and `server_error` (5xx) are the service's own
answers; `refused` is the gateway's 4xx; the next three are its 503, 502 and 504; `disconnected`: the client
left. `fallback` is no answer of its own: the service was down and the request went to stable, where it is
counted again."""

OK, CLIENT_ERROR, SERVER_ERROR, REFUSED, UNAVAILABLE, BAD_GATEWAY, TIMEOUT, DISCONNECTED, FALLBACK = range(9)

_MAGIC = 0x6761_7465_7761_7901
# Words of block 0.
_PID, _BEAT, _REVISION, _CONNECTIONS, _USED, _EPOCH = 1, 2, 3, 4, 5, 6
# Words of a tally block.
_NAME_BYTES = 128
_SINCE, _OUTCOMES, _MICROSECONDS, _HISTOGRAM = 16, 20, 30, 32
_SNAPSHOTS = (_HISTOGRAM + BUCKETS, _HISTOGRAM + BUCKETS + BUCKETS + 16)
_SNAPSHOT_WORDS = 12 + BUCKETS
SNAPSHOT_EVERY = 10.0
"""Seconds between two snapshots; a reader's recent window is one to two of these."""
INTERVALS_KEPT = 8
"""Intervals of constant weights that a series keeps apart; older ones are folded into interval 0."""


@dataclass(slots=True)
class Count:
    """What one route, service and interval added up to, in one worker or in several."""

    route: str
    service: str
    since: int
    outcomes: list[int]
    microseconds: int
    histogram: list[int]
    recent_seconds: float
    recent_outcomes: list[int]
    recent_histogram: list[int]

    @property
    def requests(self) -> int:
        """Requests that ended here: every outcome but the fallbacks, which end elsewhere."""
        return sum(self.outcomes[:FALLBACK])

    def add(self, other: Count) -> None:
        """Add another worker's or interval's count to this one."""
        self.outcomes = _plus(self.outcomes, other.outcomes)
        self.microseconds += other.microseconds
        self.histogram = _plus(self.histogram, other.histogram)
        self.recent_seconds = max(self.recent_seconds, other.recent_seconds)
        self.recent_outcomes = _plus(self.recent_outcomes, other.recent_outcomes)
        self.recent_histogram = _plus(self.recent_histogram, other.recent_histogram)


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What a worker says of itself. `beat` is its clock (CLOCK_MONOTONIC, seconds) when it last wrote."""

    pid: int
    beat: float
    revision: int
    connections: int


class Block:
    """Where one tally is written; `record` is on the request path."""

    __slots__ = ("base", "histogram", "microseconds", "outcomes", "words")

    def __init__(self, words: memoryview, index: int) -> None:
        self.words = words
        self.base = index * BLOCK_WORDS
        self.outcomes = self.base + _OUTCOMES
        self.microseconds = self.base + _MICROSECONDS
        self.histogram = self.base + _HISTOGRAM

    def count(self, outcome: int) -> None:
        """Count an outcome that has no latency worth keeping."""
        self.words[self.outcomes + outcome] += 1

    def snapshot(self, now_ms: int) -> None:
        """Move the older snapshot up to now."""
        words, base = self.words, self.base
        at = base + min(_SNAPSHOTS, key=lambda older: words[base + older])
        words[at] = now_ms
        words[at + 1 : at + 1 + len(OUTCOMES)] = words[self.outcomes : self.outcomes + len(OUTCOMES)]
        words[at + 12 : at + _SNAPSHOT_WORDS] = words[self.histogram : self.histogram + BUCKETS]

    def fold_into(self, other: Block) -> None:
        """Add this tally to another of its series, as past rather than recent, and start from nothing."""
        words = self.words
        for snapshot in (_OUTCOMES, *(at + 1 for at in _SNAPSHOTS)):
            for i in range(len(OUTCOMES)):
                words[other.base + snapshot + i] += words[self.outcomes + i]
        for histogram in (_HISTOGRAM, *(at + 12 for at in _SNAPSHOTS)):
            for i in range(BUCKETS):
                words[other.base + histogram + i] += words[self.histogram + i]
        words[other.microseconds] += words[self.microseconds]
        for i in range(_OUTCOMES, BLOCK_WORDS):
            words[self.base + i] = 0
        for snapshot in _SNAPSHOTS:
            words[self.base + snapshot] = int(time.monotonic() * 1000)


class TallyWriter:
    """One worker's file. A restarted worker goes on where the one before it was killed."""

    def __init__(self, path: Path, pid: int) -> None:
        size = CAPACITY * BLOCK_WORDS * 8
        self._path = path
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(fd, size)
            _reserve(fd, 0)
            self._map = mmap.mmap(fd, size)
        finally:
            os.close(fd)
        self._words = memoryview(self._map).cast("Q")
        if self._words[0] != _MAGIC:
            self._words[_USED] = 1
            self._words[0] = _MAGIC
        self._words[_PID] = pid
        self._words[_EPOCH] += self._words[_EPOCH] & 1  # the one before may have been killed while it folded
        self._series: dict[tuple[str, str], dict[int, Block]] = {}
        self._all: list[Block] = []
        self._next_snapshot = 0
        self._snapshots_due = 0.0
        for index, route, service, since in _directory(self._words):
            block = Block(self._words, index)
            self._series.setdefault((route, service), {})[since] = block
            self._all.append(block)

    def block(self, route: str, service: str, since: int) -> Block:
        """Return the block of a series and interval, made on first use.

        Once all are taken, what has none yet is counted together in the nameless block, for which the last
        is kept free.
        """
        series = self._series.setdefault((route, service), {})
        block = series.get(since)
        if block is None:
            block = self._recycled(series, since)
            if block is None and self._words[_USED] >= CAPACITY - 1 and (route, service) != ("", ""):
                return self.block("", "", 0)
            block = series[since] = block or self._new_block(route, service, since)
        return block

    def _recycled(self, series: dict[int, Block], since: int) -> Block | None:
        if len(series) < INTERVALS_KEPT:
            return None
        self._words[_EPOCH] += 1
        past = series.get(0)
        if past is None:
            oldest = series.pop(min(series))
            self._words[oldest.base + _SINCE] = 0
            series[0] = past = oldest
        block = series.pop(min(key for key in series if key))
        block.fold_into(past)
        self._words[block.base + _SINCE] = since
        self._words[_EPOCH] += 1
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
        used = self._words[_USED]
        if not self._has_room(used):
            if (route, service) != ("", ""):
                return self.block("", "", 0)
            return Block(memoryview(bytearray(BLOCK_WORDS * 8)).cast("Q"), 0)  # counts, but nobody sees it
        block = Block(self._words, used)
        name = f"{route}\0{service}".encode().ljust(_NAME_BYTES, b"\xff")
        self._words.cast("B")[block.base * 8 : block.base * 8 + _NAME_BYTES] = name
        self._words[block.base + _SINCE] = since
        for snapshot in _SNAPSHOTS:
            self._words[block.base + snapshot] = int(time.monotonic() * 1000)
        self._words[_USED] = used + 1
        self._all.append(block)
        return block

    def beat(self, now: float, revision: int, connections: int) -> None:
        """Say that this worker is alive, which plan it serves and how many clients it holds."""
        self._words[_BEAT] = int(now * 1000)
        self._words[_REVISION] = revision
        self._words[_CONNECTIONS] = connections

    def snapshot(self, now: float, elapsed: float) -> None:
        """Move on the recent windows of as many series as fall due in `elapsed` seconds, in turn."""
        count = len(self._all)
        self._snapshots_due = min(self._snapshots_due + count * elapsed / SNAPSHOT_EVERY, count)
        while self._snapshots_due >= 1:
            self._snapshots_due -= 1
            self._next_snapshot = (self._next_snapshot + 1) % count
            self._all[self._next_snapshot].snapshot(int(now * 1000))


def _reserve(fd: int, index: int) -> None:
    """Reserve a block's memory before it is written: a write that finds none left would kill the process."""
    os.posix_fallocate(fd, index * BLOCK_WORDS * 8, BLOCK_WORDS * 8)


def _directory(words: memoryview) -> Iterator[tuple[int, str, str, int]]:
    for index in range(1, min(words[_USED], CAPACITY)):
        base = index * BLOCK_WORDS
        name = words[base : base + _NAME_BYTES // 8].tobytes().rstrip(b"\xff").decode()
        route, _, service = name.partition("\0")
        yield index, route, service, words[base + _SINCE]


def read(path: Path, now: float | None = None) -> tuple[WorkerState, list[Count]]:
    """Read a worker's file. Raises OSError where it is gone and ValueError where it is not a tally file."""
    now_ms = int((time.monotonic() if now is None else now) * 1000)
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as raw,
        raw.cast("Q") as words,
    ):
        if words[0] != _MAGIC:
            raise ValueError(f"{path}: not a tally file of this version")
        for _ in range(_READ_TRIES):
            epoch = words[_EPOCH]
            counts = [_count(words, now_ms, *entry) for entry in _directory(words)]
            if epoch == words[_EPOCH] and not epoch & 1:
                break
        return _state(words), counts


def read_state(path: Path) -> WorkerState:
    """Read what a worker says of itself; raises OSError or ValueError as `read` does."""
    with path.open("rb") as file:
        words = memoryview(file.read(64)).cast("Q")
    if len(words) < 8 or words[0] != _MAGIC:
        raise ValueError(f"{path}: not a tally file of this version")
    return _state(words)


def _state(words: memoryview) -> WorkerState:
    return WorkerState(words[_PID], words[_BEAT] / 1000, words[_REVISION], words[_CONNECTIONS])


_READ_TRIES = 100  # a worker killed while it folded leaves an odd epoch: its numbers are read as they are


def _count(words: memoryview, now_ms: int, index: int, route: str, service: str, since: int) -> Count:
    base = index * BLOCK_WORDS
    at = base + min(_SNAPSHOTS, key=lambda snapshot: words[base + snapshot])
    outcomes = words[base + _OUTCOMES : base + _OUTCOMES + len(OUTCOMES)].tolist()
    histogram = words[base + _HISTOGRAM : base + _HISTOGRAM + BUCKETS].tolist()
    past = words[at + 1 : at + 1 + len(OUTCOMES)].tolist()
    past_histogram = words[at + 12 : at + _SNAPSHOT_WORDS].tolist()
    return Count(
        route=route,
        service=service,
        since=since,
        outcomes=outcomes,
        microseconds=words[base + _MICROSECONDS],
        histogram=histogram,
        recent_seconds=(now_ms - words[at]) / 1000 if words[at] else 0.0,
        recent_outcomes=_minus(outcomes, past),
        recent_histogram=_minus(histogram, past_histogram),
    )


def _minus(now: list[int], past: list[int]) -> list[int]:
    return [max(a - b, 0) for a, b in zip(now, past, strict=True)]


def _plus(one: list[int], other: list[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]
