"""Lines of segments made into spaces where they stand: what follows keeps its place for the sinks."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MARK = b'{"mark"'


def blank_lines(segment: Path, needle: bytes) -> int:
    """Overwrite each line that holds the bytes; return how many. On return they are gone from the disk."""
    with segment.open("r+b") as file, _mapped(file.fileno()) as data:
        found = 0
        for begin, end in _lines_with(data, needle):
            os.pwrite(file.fileno(), b" " * (end - begin), begin)
            found += 1
        if found:
            os.fsync(file.fileno())
        return found


def lines_with(segment: Path, needle: bytes) -> list[bytes]:
    """Return the lines of a segment that hold the bytes."""
    with segment.open("rb") as file, _mapped(file.fileno()) as data:
        return [bytes(data[begin:end]) for begin, end in _lines_with(data, needle)]


def _lines_with(data: mmap.mmap | bytes, needle: bytes) -> Iterator[tuple[int, int]]:
    at = data.find(needle)
    while at >= 0:
        begin = data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        if data[begin : begin + len(_MARK)] != _MARK:
            yield begin, end
        at = data.find(needle, end)


@contextmanager
def _mapped(descriptor: int) -> Iterator[mmap.mmap | bytes]:
    if os.fstat(descriptor).st_size == 0:  # which cannot be mapped
        yield b""
        return
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as data:
        yield data
