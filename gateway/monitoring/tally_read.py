"""Reads the tally files of workers, alive or gone, without asking them.

A reader may look while the worker writes: single words are always whole, and the file's epoch tells of the
one change that takes several (two intervals folded into one).
"""

from __future__ import annotations

import mmap
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.monitoring import tally_layout as layout
from gateway.monitoring.tally_layout import FALLBACK, LIMITS, OCTAVES, OUTCOMES
from gateway.monitoring.tally_pace import Marks
from gateway.monitoring.tally_rate import read_paces
from gateway.statistics.histogram import BUCKETS

READ_TRIES, READ_PAUSE = 100, 0.001
"""A worker that was killed while it folded leaves an odd epoch: its numbers are then read as they are."""
STALE_AFTER = 3
"""Snapshots missed after which nothing in a file is recent any more: its worker is gone or hangs."""


@dataclass(slots=True)
class Count:
    """What one route, service and interval added up to, in one worker or in several.

    `first_byte` are the times to first byte by octaves. What is `recent` lies within `recent_seconds`, which
    is 0 where nothing is.
    """

    route: str
    service: str
    since: int
    outcomes: list[int]
    microseconds: int
    histogram: list[int]
    recent_seconds: float
    recent_outcomes: list[int]
    recent_histogram: list[int]
    attempts: int = 0
    retries: int = 0
    recent_attempts: int = 0
    recent_retries: int = 0
    first_byte_microseconds: int = 0
    first_byte: list[int] = field(default_factory=lambda: [0] * OCTAVES)
    recent_first_byte: list[int] = field(default_factory=lambda: [0] * OCTAVES)

    @property
    def requests(self) -> int:
        """Requests that ended here: every outcome but the fallbacks, which end elsewhere."""
        return sum(self.outcomes[:FALLBACK])

    def add(self, other: Count) -> None:
        """Add another worker's or interval's count to this one."""
        self.outcomes = _plus(self.outcomes, other.outcomes)
        self.microseconds += other.microseconds
        self.histogram = _plus(self.histogram, other.histogram)
        self.attempts += other.attempts
        self.retries += other.retries
        self.first_byte_microseconds += other.first_byte_microseconds
        self.first_byte = _plus(self.first_byte, other.first_byte)
        self.recent_seconds = max(self.recent_seconds, other.recent_seconds)
        self.recent_outcomes = _plus(self.recent_outcomes, other.recent_outcomes)
        self.recent_histogram = _plus(self.recent_histogram, other.recent_histogram)
        self.recent_attempts += other.recent_attempts
        self.recent_retries += other.recent_retries
        self.recent_first_byte = _plus(self.recent_first_byte, other.recent_first_byte)


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What a worker says of itself. `beat` is its clock (CLOCK_MONOTONIC, seconds) when it last wrote.

    `hits` counts, in the order of `LIMITS`, how often each limit held; `recent_hits`: those of the
    last minute. `paces` are the marks of each route, where the whole file was read.
    """

    pid: int
    beat: float
    revision: int
    connections: int
    hits: tuple[int, ...] = (0,) * len(LIMITS)
    recent_hits: tuple[int, ...] = (0,) * len(LIMITS)
    paces: dict[str, Marks] = field(default_factory=dict, compare=False)


def read(path: Path, now: float | None = None) -> tuple[WorkerState, list[Count]]:
    """Read a worker's file. Raises OSError where it is gone and ValueError where it is not a tally file."""
    now_ms = _milliseconds(now)
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as raw,
        _words(path, raw) as words,
    ):
        _check(path, words)
        for _ in range(READ_TRIES):
            epoch = words[layout.EPOCH]
            counts = [_count(words, now_ms, *entry) for entry in layout.directory(words)]
            paces = read_paces(words, counts, now_ms)
            if epoch == words[layout.EPOCH] and not epoch & 1:
                break
            time.sleep(READ_PAUSE)  # the worker may wait for a core in the middle of its folding
        return replace(_state(words, now_ms), paces=paces), counts


def read_state(path: Path, now: float | None = None) -> WorkerState:
    """Read what a worker says of itself; raises OSError or ValueError as `read` does."""
    with path.open("rb") as file:
        block = file.read(layout.BLOCK_WORDS * 8)
    words = memoryview(block.ljust(layout.BLOCK_WORDS * 8, b"\0")).cast("Q")
    _check(path, words)
    return _state(words, _milliseconds(now))


def _milliseconds(now: float | None) -> int:
    return int((time.monotonic() if now is None else now) * 1000)


def _words(path: Path, raw: memoryview) -> memoryview:
    """Return a file's words; one that is not whole blocks is only just being made, or is something else."""
    if len(raw) % (layout.BLOCK_WORDS * 8):
        raise ValueError(f"{path}: not a tally file: its {len(raw)} bytes are not whole blocks")
    return raw.cast("Q")


def _check(path: Path, words: memoryview) -> None:
    if words[0] != layout.MAGIC:
        raise ValueError(f"{path}: not a tally file of this version")


def _state(words: memoryview, now_ms: int) -> WorkerState:
    hits = words[layout.HITS : layout.HITS + len(LIMITS)].tolist()
    at = min(layout.HIT_SNAPSHOTS, key=lambda snapshot: words[snapshot])
    past = words[at + 1 : at + 1 + len(LIMITS)].tolist()
    is_recent = now_ms - words[at] < layout.HIT_SNAPSHOT_EVERY * STALE_AFTER * 1000
    return WorkerState(
        words[layout.PID],
        words[layout.BEAT] / 1000,
        words[layout.REVISION],
        words[layout.CONNECTIONS],
        tuple(hits),
        tuple(_minus(hits, past)) if is_recent else (0,) * len(LIMITS),
    )


def _count(words: memoryview, now_ms: int, index: int, route: str, service: str, since: int) -> Count:
    block = words[index * layout.BLOCK_WORDS : (index + 1) * layout.BLOCK_WORDS]
    count = Count(
        route=route,
        service=service,
        since=since,
        outcomes=block[layout.FIRST_OUTCOME : layout.FIRST_OUTCOME + len(OUTCOMES)].tolist(),
        microseconds=block[layout.MICROSECONDS],
        histogram=block[layout.HISTOGRAM : layout.HISTOGRAM + BUCKETS].tolist(),
        recent_seconds=0.0,
        recent_outcomes=[0] * len(OUTCOMES),
        recent_histogram=[0] * BUCKETS,
        attempts=block[layout.ATTEMPTS],
        retries=block[layout.RETRIES],
        first_byte_microseconds=block[layout.FIRST_BYTE_MICROSECONDS],
        first_byte=block[layout.FIRST_BYTE : layout.FIRST_BYTE + OCTAVES].tolist(),
    )
    _add_recent(count, block, now_ms)
    return count


def _add_recent(count: Count, block: memoryview, now_ms: int) -> None:
    """Fill in what happened since the older snapshot, unless that is too old to be called recent."""
    which = min((0, 1), key=lambda snapshot: block[layout.SNAPSHOTS[snapshot]])
    at = layout.SNAPSHOTS[which]
    seconds = (now_ms - block[at]) / 1000
    if not block[at] or seconds > layout.SNAPSHOT_EVERY * STALE_AFTER:
        return
    octaves_at = layout.FIRST_BYTE_SNAPSHOTS[which]
    count.recent_seconds = seconds
    count.recent_outcomes = _minus(count.outcomes, block[at + 1 : at + 1 + len(OUTCOMES)].tolist())
    count.recent_histogram = _minus(count.histogram, block[at + 12 : at + layout.SNAPSHOT_WORDS].tolist())
    count.recent_attempts = max(count.attempts - block[at + layout.SNAPSHOT_ATTEMPTS], 0)
    count.recent_retries = max(count.retries - block[at + layout.SNAPSHOT_RETRIES], 0)
    count.recent_first_byte = _minus(count.first_byte, block[octaves_at : octaves_at + OCTAVES].tolist())


def _minus(now: list[int], past: list[int]) -> list[int]:
    return [max(a - b, 0) for a, b in zip(now, past, strict=True)]


def _plus(one: list[int], other: list[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]
