"""New records as they are written, read from the segments themselves: no query, no waiting for a seal.

Only what a mark confirms is shown: what stands behind the last one may be cut off and written again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from gateway.requestlog.catalog import segments_in
from gateway.requestlog.places import LogPlaces

_MARK = b'{"mark"'
_BLOCK = 1 << 20


class Follower:
    """Follows a log from the moment it is made; close it at the end."""

    def __init__(self, places: LogPlaces) -> None:
        self._places = places
        self._files: list[BinaryIO] = []  # open, so that sealing does not take them away
        self._newest = ""
        for segment in segments_in(places.open)[-1:]:
            self._add(segment)
        for file in self._files:
            file.seek(_confirmed(file))

    def records(self) -> Iterator[dict[str, Any]]:
        """Return the records that were written since the last call."""
        for segment in segments_in(self._places.open):
            if segment.stem > self._newest:
                self._add(segment)
        while self._files:
            file = self._files[0]
            yield from _read(file)
            if len(self._files) == 1:
                return
            yield from _read(file)  # what came between, before the next segment was begun
            self._files.pop(0).close()

    def close(self) -> None:
        """Let go of the files."""
        while self._files:
            self._files.pop().close()

    def _add(self, segment: Path) -> None:
        try:
            self._files.append(segment.open("rb"))
        except FileNotFoundError:  # sealed since it was listed
            return
        self._newest = segment.stem


def _read(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Return the records up to the last mark, and leave the file there."""
    end = _confirmed(file)
    while file.tell() < end:
        record = parsed(file.readline())
        if record is not None:
            yield record


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return the record of a line, None where it is none: a mark, a gap, blank or broken."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "id" in found and "ts" in found else None


def _confirmed(file: BinaryIO) -> int:
    """Return where the last whole mark behind the file's position ends, or that position."""
    begin = file.tell()
    end = os.fstat(file.fileno()).st_size
    tail = b""
    at = end
    while at > begin:
        start = max(begin, at - _BLOCK)
        tail = os.pread(file.fileno(), at - start, start) + tail[: len(_MARK)]
        found = tail.rfind(b"\n" + _MARK)
        if found < 0 and not (start == begin and tail.startswith(_MARK)):
            at = start
            continue
        line = os.pread(file.fileno(), end - start - found - 1, start + found + 1)
        stop = line.find(b"\n")
        if stop >= 0:
            return start + found + 1 + stop + 1
        at = start + found  # torn: the one before it counts
    return begin
