"""Where the trail ends: what the next entry must follow, even after a process died while it wrote."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256

from gateway.audit.entry import FIRST, START, NoEntry, Place, place_of, read_entry

_LOOK = 4096


@dataclass(frozen=True, slots=True)
class Tail:
    """The last entry of a file; `torn` are bytes behind it without an end of line.

    `is_empty`: the file has no whole line, so what comes before is in the file before.
    """

    place: Place
    torn: bytes = b""
    is_empty: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether the torn bytes are an entry that lacks nothing but its end of line."""
        try:
            return bool(self.torn) and read_entry(self.torn)["prev"] == self.place.hash
        except NoEntry:
            return False


def read_tail(fd: int, size: int) -> Tail:
    """Return how a file of so many bytes ends. Raises OSError."""
    look = _LOOK
    while True:
        start = max(0, size - look)
        block = os.pread(fd, size - start, start)
        whole, end, torn = block.rpartition(b"\n")
        lines = whole.split(b"\n") if end else []
        if start:
            lines = lines[1:]  # the first one may have begun before this block
        if lines or not start:
            found = _last(lines)
            if found is not None or not start:
                return Tail(found or _unknown(lines), torn, is_empty=not lines)
        look *= 8


def _last(lines: list[bytes]) -> Place | None:
    """Return the last place; lines behind it that are no entries count, and are hashed as they stand."""
    for behind, line in enumerate(reversed(lines)):
        try:
            found = place_of(read_entry(line))
        except NoEntry:
            continue
        return found if not behind else Place(found.n + behind, sha256(lines[-1]).hexdigest())
    return None


def _unknown(lines: list[bytes]) -> Place:
    return Place(len(lines), sha256(lines[-1]).hexdigest() if lines else FIRST) if lines else START
