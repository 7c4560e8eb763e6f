"""Which files hold the log at this moment, each record in exactly one of them.

Nobody locks the log to read it, so the order of what writers do decides. A segment in `open/` counts, and
sealed files made of it do not: its removal is the one step by which sealing happens, for all days and tables
at once. Of the sealed files of one table and day, one that covers others, or is the same with a higher
generation, replaces them: writers put it in place first and remove the others afterwards.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import GatewayError
from gateway.requestlog.places import LogPlaces

TABLES = ("requests", "predictions", "gaps")
"""Each a folder of `day=…` folders."""
_DIGITS = 19
_TRIES = 200


@dataclass(frozen=True, slots=True, order=True)
class Sealed:
    """A sealed file: the rows that the segments `first` to `last` have on one day (UTC, as in 2026-11-21)."""

    table: str
    day: str
    first: str
    last: str
    generation: int
    path: Path

    def covers(self, segment: str) -> bool:
        """Tell whether it was made of this segment."""
        return self.first <= segment <= self.last

    def replaces(self, other: Sealed) -> bool:
        """Tell whether the other, of the same table and day, is an older state of the same rows."""
        if (self.first, self.last) == (other.first, other.last):
            return self.generation > other.generation
        return self.first <= other.first and other.last <= self.last


@dataclass(frozen=True, slots=True)
class Catalog:
    """The files to read, from the oldest to the newest; `stale` are sealed files that must not be read."""

    open: tuple[Path, ...]
    sealed: tuple[Sealed, ...]
    stale: tuple[Sealed, ...] = ()

    def of(self, table: str) -> list[Sealed]:
        """Return the sealed files of one table."""
        return [file for file in self.sealed if file.table == table]


def visible(places: LogPlaces) -> Catalog:
    """Return what a reader must read so that it sees each record once, whatever is done to the log meanwhile.

    A file may be gone when it is opened: then ask again.
    """
    before = _listed(places)
    for _ in range(_TRIES):
        # One listing may miss both a file and what replaced it while it ran; two that agree cannot.
        after = _listed(places)
        if after == before:
            return sort_out(*after)
        before = after
    raise GatewayError(
        f"{places.folder} changes faster than it can be listed; is something else than the gateway writing "
        "there? try again"
    )


def sort_out(segments: list[Path], files: list[Sealed]) -> Catalog:
    """Part the files that count from those that others replace (pure)."""
    unsealed = [segment.stem for segment in segments]
    taken: list[Sealed] = []
    stale: list[Sealed] = []
    # Within a day: by where they begin, the longest and newest first, so what replaces comes before.
    for file in sorted(files, key=lambda f: (f.table, f.day, f.first, -int(f.last), -f.generation)):
        last = taken[-1] if taken else None
        replaced = last and (last.table, last.day) == (file.table, file.day) and last.replaces(file)
        if replaced or any(file.covers(segment) for segment in unsealed):
            stale.append(file)
        else:
            taken.append(file)
    return Catalog(tuple(segments), tuple(taken), tuple(stale))


@contextmanager
def exclusive(places: LogPlaces, *, patience: float = 60.0) -> Iterator[None]:
    """Be the only one who seals, merges, removes or rewrites; waits for its turn up to `patience` seconds."""
    places.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    until = time.monotonic() + patience
    with places.lock.open("a") as lock:
        while not _taken(lock.fileno()):
            if time.monotonic() > until:
                raise GatewayError(
                    f"another process has been rewriting the log in {places.folder} for {patience:g} s; "
                    "nothing was changed: try again"
                )
            time.sleep(0.02)
        yield


def sweep(places: LogPlaces) -> int:
    """Remove what sealing, merging or rewriting left behind where it was interrupted; return how many files.

    The caller holds `exclusive(places)`. Readers do not look at such files, but they hold users' data.
    """
    unfinished = [path for table in TABLES for path in (places.folder / table).glob("day=*/.*.tmp")]
    left = [*unfinished, *(file.path for file in visible(places).stale)]
    for path in left:
        path.unlink()
    return len(left)


def segments_in(folder: Path) -> list[Path]:
    """Return the segments in a folder, oldest first; none where it does not exist."""
    return sorted(folder / name for name in _names(folder) if _is_segment(name))


def file_name(first: str, last: str, generation: int) -> str:
    """Return the name of a sealed file."""
    return f"{first}-{last}.{generation}.parquet"


def _listed(places: LogPlaces) -> tuple[list[Path], list[Sealed]]:
    segments = segments_in(places.open)  # before what they are sealed to
    found = [file for table in TABLES for file in _sealed_in(places.folder / table, table)]
    return segments, sorted(found)


def _sealed_in(folder: Path, table: str) -> Iterator[Sealed]:
    for day in _names(folder):
        if day.startswith("day="):
            for name in _names(folder / day):
                ends, generation, kind = (*name.rsplit(".", 2), "", "")[:3]
                first, _, last = ends.partition("-")
                if kind == "parquet" and generation.isdecimal() and first.isdecimal() and last.isdecimal():
                    yield Sealed(table, day[4:], first, last, int(generation), folder / day / name)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_segment(name: str) -> bool:
    return name.endswith(".ndjson") and len(name) == _DIGITS + 7 and name[:_DIGITS].isdecimal()


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
