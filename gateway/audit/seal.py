"""Signs what was written since the last head, once it is sure that the chain holds from there on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.audit.entry import NoEntry, Place, hash_of, place_of, read_entry
from gateway.audit.folder import HEADS, hold, trail_files
from gateway.audit.heads import Head, head_line, last_head, sign
from gateway.audit.keys import Key
from gateway.audit.trail import Trail, append_whole
from gateway.errors import GatewayError

EVERY: Final = 100
"""Entries that one head tells of at most."""


class Broken(GatewayError):
    """The trail does not go on from its last head as it was written, so nothing is signed."""


@dataclass(frozen=True, slots=True)
class Signable:
    """An entry to be signed: its place, and where it ends."""

    place: Place
    file: str
    end: int


def seal(folder: Path, key: Key, *, at_least: int = 1) -> Head | None:
    """Sign what is not signed yet, if that is `at_least` so much; return the last head, None if none is new.

    Raises Broken, OSError.
    """
    path = folder / HEADS
    if not trail_files(folder):
        return None
    with hold(folder / "seal.lock"):
        Trail(folder).mend()
        head = _last(path)
        waiting = list(unsigned(folder, head))
        if len(waiting) < at_least:
            return None
        sync_trail(folder)
        lines = []
        for start in range(0, len(waiting), EVERY):
            part = waiting[start : start + EVERY]
            hashes = [one.place.hash for one in part]
            head = sign(key, head, hashes, part[-1].file, part[-1].end, time.time())
            lines.append(head_line(head))
        _append(path, b"".join(lines))
    return head


def sync_trail(folder: Path) -> None:
    """Wait until what the last file of the trail holds would survive a power cut. Raises OSError."""
    for path in trail_files(folder)[-1:]:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def unsigned(folder: Path, head: Head) -> Iterator[Signable]:
    """Yield the entries after a head; raises Broken where they do not follow it."""
    before = head.place
    for path, line, end in _lines_after(folder, head):
        try:
            entry = read_entry(line)
        except NoEntry:
            continue  # a torn line; the entry behind it says so, and goes on from the one before
        found = place_of(entry)
        if found.n != before.n + 1 or entry["prev"] != before.hash or hash_of(entry) != found.hash:
            raise Broken(
                f"entry {found.n} in {path.name} does not follow entry {before.n}; the trail is signed no "
                "further: see `gateway audit verify`, then move the folder away, and a new trail begins"
            )
        yield Signable(found, path.name, end)
        before = found


def _lines_after(folder: Path, head: Head) -> Iterator[tuple[Path, bytes, int]]:
    files = [path for path in trail_files(folder) if path.name >= head.file]
    if head.n and (not files or files[0].name != head.file):
        raise Broken(f"{head.file}, which the last head tells of, is gone; see `gateway audit verify`")
    for path in files:
        with path.open("rb") as file:
            position = _skip(path, file.fileno(), head) if path.name == head.file else 0
            file.seek(position)
            for line in file:
                position += len(line)
                if line.endswith(b"\n"):
                    yield path, line[:-1], position


def _skip(path: Path, descriptor: int, head: Head) -> int:
    if os.fstat(descriptor).st_size < head.end:
        raise Broken(
            f"{path.name} is shorter than when entry {head.n} was signed: entries were removed; "
            "see `gateway audit verify`, then move the folder away, and a new trail begins"
        )
    return head.end


def _last(path: Path) -> Head:
    try:
        return last_head(path)
    except ValueError as error:
        raise Broken(f"the last line of {path} is no head ({error}); see `gateway audit verify`") from error


def _append(path: Path, content: bytes) -> None:
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(fd).st_size
        while size and os.pread(fd, 1, size - 1) != b"\n":
            size -= 1
        os.ftruncate(fd, size)  # a head that was cut short told of what is signed now
        append_whole(fd, content)
        os.fsync(fd)
    finally:
        os.close(fd)
