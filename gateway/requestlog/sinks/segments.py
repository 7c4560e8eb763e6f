"""Reading the log's segments from outside: whole lines only, and none that may be cut off again.

What lies behind the last mark is written anew after a crash, perhaps with other neighbours, so nobody may
send it on yet.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from gateway.requestlog.places import LogPlaces
from gateway.requestlog.sinks.target import Item, Record

MARK = b'{"mark"'
GAP = b'{"gap"'
_LINE_OF_MARK = b"\n" + MARK
_BLOCK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """What to send next.

    `end` and `passed`: the position behind it, skipped lines included. `is_full`: more waits behind it.
    `unreadable`: lines that were no JSON.
    """

    items: tuple[Item, ...]
    end: int
    passed: int
    is_full: bool
    unreadable: int = 0


def names(places: LogPlaces) -> list[str]:
    """Return the names of all segments there are as NDJSON, the oldest first."""
    # `open` first: a segment moves from there to `spool`, never back, so none is missed
    found = {path.stem for folder in (places.open, places.spool) for path in folder.glob("[0-9]*.ndjson")}
    return sorted(found)


def locate(places: LogPlaces, name: str) -> Path | None:
    """Return where a segment lies, None where it does no longer."""
    for folder in (places.open, places.spool):
        path = folder / f"{name}.ndjson"
        if path.exists():
            return path
    return None


def marked_end(file: BinaryIO, begin: int) -> int:
    """Return where the last whole mark line behind `begin`, a line's begin, ends; `begin` without any."""
    end = file.seek(0, os.SEEK_END)
    while end > begin:
        start = max(begin, end - _BLOCK)
        file.seek(start)
        block = file.read(end - start)
        if start == begin:  # a line begins here, as if there were a line's end before it
            block = b"\n" + block
            start -= 1
        at = block.rfind(_LINE_OF_MARK)
        if at < 0:
            end = start + len(_LINE_OF_MARK) - 1 if start > begin else begin
            continue
        file.seek(start + at + 1)
        if file.readline().endswith(b"\n"):
            return file.tell()
        end = start + at + len(_LINE_OF_MARK) - 1
    return begin


def is_record(line: bytes) -> bool:
    """Tell whether a line is a record's, or was one that has been forgotten."""
    return not line.startswith((MARK, GAP))


def read_batch(
    file: BinaryIO, begin: int, passed: int, wants: Callable[[Record], bool], most: int, most_bytes: int
) -> Batch:
    """Read on from a position: at most so many records that are wanted, in so many bytes, but one record."""
    limit = marked_end(file, begin)
    file.seek(begin)
    data = file.read(min(limit - begin, most_bytes))
    whole = data.rfind(b"\n") + 1
    if limit > begin and not whole:
        file.seek(begin)
        data = file.readline()
        whole = len(data)
    return _batch(data[:whole], begin, passed, wants, most, limit)


def _batch(
    data: bytes, end: int, passed: int, wants: Callable[[Record], bool], most: int, limit: int
) -> Batch:
    items: list[Item] = []
    unreadable = 0
    for line in data.split(b"\n")[:-1]:
        end += len(line) + 1
        if not is_record(line):
            continue
        passed += 1
        if not line or line.isspace():
            continue
        try:
            record = orjson.loads(line)
        except ValueError:
            unreadable += 1
            continue
        if wants(record):
            items.append(Item(record, line, end, passed))
            if len(items) >= most:
                break
    return Batch(tuple(items), end, passed, end < limit, unreadable)
