"""Reads the ledgers of workers, alive or gone, without asking them.

A reader may look while the worker writes. What the worker counts it writes in an order that shows: an entry
is whole before it is among those used, and a draw is counted before what was bad about it.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

from gateway.monitoring import ledger_layout as layout
from gateway.monitoring.ledger_lines import Counter, Entry, Ledger

__all__ = ["Counter", "Entry", "Ledger", "read_ledger"]

_ENTRY = struct.Struct("<QQQd")
_COUNTER = struct.Struct(f"<{layout.COUNTER_WORDS}Q")


def read_ledger(path: Path, from_entry: int = 0) -> Ledger:
    """Read a worker's ledger. Raises OSError where it is gone and ValueError where it is none."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        header = _words(fd, 0, layout.HEADER_WORDS)
        if header[0] != layout.MAGIC:
            raise ValueError(f"{path}: not a ledger of this version")
        entries = _entries(fd, from_entry, header[layout.ENTRIES_USED])
        return Ledger(
            pid=header[layout.PID],
            keyed=bool(header[layout.KEYED]),
            full=bool(header[layout.FULL]),
            malformed=header[layout.MALFORMED],
            used=min(header[layout.ENTRIES_USED], from_entry + len(entries)),
            counters=_counters(fd, header[layout.COUNTERS_USED]),
            entries=entries,
        )
    finally:
        os.close(fd)


def _counters(fd: int, used: int) -> tuple[Counter, ...]:
    """Read the bad ones first: each of them is among the draws that are read after them."""
    size, at = used * _COUNTER.size, layout.COUNTERS_AT * 8
    earlier, later = os.pread(fd, size, at), os.pread(fd, size, at)
    pairs = zip(_COUNTER.iter_unpack(earlier), _COUNTER.iter_unpack(later), strict=True)
    return tuple(
        Counter(
            after[layout.COUNTER_SINCE],
            after[layout.COUNTER_ARM],
            after[layout.DRAWS],
            before[layout.BAD_OF : layout.BAD_OF + layout.METRICS],
        )
        for before, after in pairs
    )


def _entries(fd: int, first: int, used: int) -> tuple[Entry, ...]:
    if used <= first:
        return ()
    at = layout.ENTRIES_AT * 8 + first * _ENTRY.size
    found = os.pread(fd, (used - first) * _ENTRY.size, at)
    entries = []
    for key, facts, when, value in _ENTRY.iter_unpack(found):
        if not facts:
            break  # used, they say, but not there yet: it will be at the next look
        since, arm = facts >> layout.SINCE_SHIFT, facts >> layout.ARM_SHIFT & 0xFF
        entries.append(Entry(key, since, arm, facts >> layout.KIND_SHIFT & 0xFF, facts & 0xFF, when, value))
    return tuple(entries)


def _words(fd: int, first: int, count: int) -> tuple[int, ...]:
    return struct.unpack(f"<{count}Q", os.pread(fd, count * 8, first * 8).ljust(count * 8, b"\0"))
