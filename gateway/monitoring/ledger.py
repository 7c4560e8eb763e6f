"""What one worker saw of one rollout, in shared memory: the evidence that a verdict is made from.

The tallies count all requests, overridden ones too; a ledger counts draws, and of a sticky key one only.
A worker that is killed loses nothing of it, and reading asks nothing of the data plane. This is the writing
side, `ledger_interval` the part of it that is on the request path; `ledger_layout` says where each number
stands, and `ledger_read` reads it.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from gateway.monitoring import ledger_layout as layout
from gateway.monitoring.ledger_interval import Interval
from gateway.monitoring.ledger_layout import (
    AT,
    CANARY,
    ENTRIES,
    ENTRIES_AT,
    ENTRY_WORDS,
    FACTS,
    KEY,
    KIND_SHIFT,
    OUTPUT,
    SINCE_SHIFT,
    STABLE,
    VALUE,
)

__all__ = ["Interval", "LedgerWriter"]

CHUNK = 4096
"""Entries whose memory is reserved at a time."""


class LedgerWriter:
    """One worker's file of one rollout. A restarted worker goes on where the one before it was killed."""

    __slots__ = ("_fd", "_intervals", "_map", "_newest", "_reserved", "_values", "used", "words")

    def __init__(self, path: Path, pid: int) -> None:
        """Open or make the file. Raises OSError where there is no memory for it."""
        self._fd = _opened(path)
        self._map = mmap.mmap(self._fd, layout.WORDS * 8)
        self.words = memoryview(self._map).cast("Q")
        self._values = memoryview(self._map).cast("d")
        self.words[layout.PID] = pid
        self.words[0] = layout.MAGIC
        self.used: int = self.words[layout.ENTRIES_USED]
        self._reserved = self.used // CHUNK * CHUNK
        self._intervals: dict[int, Interval] = {}
        self._newest = self._newest_interval()

    def interval(self, since: int, keyed: bool) -> Interval:
        """Return where an interval is counted, the same each time; `keyed`: the route has sticky keys."""
        found = self._intervals.get(since)
        if found is None:
            keys, first = self._recalled(since)
            if since > self._newest:
                self._newest = since
                self.words[layout.FULL] = 0
            self.words[layout.KEYED] = int(keyed)
            stable, canary = self._counter(since, STABLE), self._counter(since, CANARY)
            found = Interval(self, since, keys, first, stable, canary)
            # Whoever still has a request of an interval before the last two has hold of that one.
            self._intervals = {known: self._intervals[known] for known in sorted(self._intervals)[-1:]}
            self._intervals[since] = found
        return found

    def append(self, key: int, what: int, at: int, value: float) -> bool:
        """Write an entry, whole before it is among those used. Returns False where there is no room."""
        used = self.used
        if used >= self._reserved and not self._reserve():
            return False
        words = self.words
        place = ENTRIES_AT + used * ENTRY_WORDS
        words[place + KEY] = key
        words[place + AT] = at
        self._values[place + VALUE] = value
        words[place + FACTS] = what
        self.used = used + 1
        words[layout.ENTRIES_USED] = used + 1
        return True

    def say_full(self) -> None:
        """Say that something was not counted."""
        self.words[layout.FULL] = 1

    def malformed(self) -> None:
        """Count an answer that had no output to be read."""
        self.words[layout.MALFORMED] += 1

    def close(self) -> None:
        """Reserve no more: the rollout is over, or the worker ends. Its last requests may still write."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            self._intervals = {}  # which refer back to this

    def _reserve(self) -> bool:
        """Reserve memory before it is written: a write that finds none left would kill the process."""
        if self._fd < 0 or self._reserved >= ENTRIES:
            return False
        try:
            at = ENTRIES_AT + self._reserved * ENTRY_WORDS
            os.posix_fallocate(self._fd, at * 8, CHUNK * ENTRY_WORDS * 8)
        except OSError:
            return False
        self._reserved += CHUNK
        return True

    def _newest_interval(self) -> int:
        if not self.used:
            return -1
        newest: int = max(self.words[ENTRIES_AT + FACTS : ENTRIES_AT + self.used * ENTRY_WORDS : ENTRY_WORDS])
        return newest >> SINCE_SHIFT

    def _facts_of(self, entry: int) -> int:
        found: int = self.words[ENTRIES_AT + entry * ENTRY_WORDS + FACTS]
        return found

    def _recalled(self, since: int) -> tuple[dict[int, int], int]:
        """Return the keys that a worker before this one met in an interval, and its first entry."""
        keys: dict[int, int] = {}
        first = self.used
        if since > self._newest:
            return keys, first
        for entry in range(self.used - 1, -1, -1):
            what = self._facts_of(entry)
            if what >> SINCE_SHIFT == since:
                first = entry
                if what >> KIND_SHIFT & 0xFF != OUTPUT:
                    key: int = self.words[ENTRIES_AT + entry * ENTRY_WORDS + KEY]
                    keys[key] = keys.get(key, 0) | what & 0xFF
        return keys, first

    def _counter(self, since: int, arm: int) -> int:
        """Return where a counter's words begin, or 0 where all are taken."""
        words = self.words
        count: int = words[layout.COUNTERS_USED]
        for index in range(count):
            at = layout.COUNTERS_AT + index * layout.COUNTER_WORDS
            if words[at + layout.COUNTER_SINCE] == since and words[at + layout.COUNTER_ARM] == arm:
                return at
        if count >= layout.COUNTERS:
            return 0
        at = layout.COUNTERS_AT + count * layout.COUNTER_WORDS
        words[at + layout.COUNTER_SINCE] = since
        words[at + layout.COUNTER_ARM] = arm
        words[layout.COUNTERS_USED] = count + 1
        return at


def _opened(path: Path) -> int:
    """Open the file, or make it anew where it is of another kind: readers may still hold the old one."""
    if path.exists() and not _is_ledger(path):
        path.unlink()
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(fd, layout.WORDS * 8)
        os.posix_fallocate(fd, 0, ENTRIES_AT * 8)
    except OSError:
        os.close(fd)
        raise
    return fd


def _is_ledger(path: Path) -> bool:
    with path.open("rb") as file:
        return int.from_bytes(file.read(8), "little") in (0, layout.MAGIC)
