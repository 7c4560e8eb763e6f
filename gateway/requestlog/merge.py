"""Many small sealed files become few large ones, so that a query does not open one for each minute.

During a day neighbours below one of the sizes in `TIERS` are merged once there are enough of them; what comes
out is in a higher tier sooner or later, so each record is written again a few times at most. A day that is
over is made into as few files as their largest size allows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.files import sync
from gateway.requestlog.catalog import Catalog, Sealed, exclusive, file_name, sweep, visible
from gateway.requestlog.damage import is_readable, is_whole, unreadable
from gateway.requestlog.engine import write_sealed, writer
from gateway.requestlog.formats import sealed
from gateway.requestlog.places import LogPlaces

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TIERS = (256 * 1024, 4 * 1024**2, 64 * 1024**2)
"""Files below so many bytes are merged with one another while their day lasts."""
LARGEST = 256 * 1024**2
"""Bytes that a merged file has at most, roughly."""
ENOUGH = 16
"""How many neighbours make a merge worth while; of a day that is over, two."""
MOST = 128
"""Files merged at once."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A sealed file and its size in bytes."""

    file: Sealed
    size: int


@dataclass(frozen=True, slots=True)
class Merged:
    """One merge that was made."""

    table: str
    day: str
    files: int
    size: int


def merge_step(places: LogPlaces, today: str, *, most: int = 4) -> list[Merged]:
    """Make the most rewarding merges, at most so many; `today` is a day (UTC) such as 2026-11-21.

    Raises GatewayError where another process rewrites the log for too long or, once the other merges are
    made, where files turn out to be damaged; OSError where the disk fails.
    """
    if not _plan(places, today):
        return []
    with exclusive(places):
        sweep(places)
        with writer() as connection:
            return _merged(connection, _plan(places, today), most)


def _merged(connection: DuckDBPyConnection, runs: Sequence[tuple[Sealed, ...]], most: int) -> list[Merged]:
    """Make the first merges that can be made; raises GatewayError at the end where one could not."""
    import duckdb

    made: list[Merged] = []
    unsound: list[Path] = []
    for run in runs:
        try:
            if len(made) < most:
                made.append(merge(connection, run))
        except duckdb.Error:
            found = [file.path for file in run if not is_readable(connection, file.path)]
            if not found:
                raise
            unsound += found
    if unsound:
        raise unreadable(unsound)
    return made


def plan_merges(files: Sequence[Weighed], unsealed: Sequence[str], today: str) -> list[tuple[Sealed, ...]]:
    """Return the runs of neighbours to merge, the longest first (pure).

    No run reaches over a segment that is not sealed yet: the merged file would claim to cover it.
    """
    runs: list[tuple[Sealed, ...]] = []
    for (_, day), group in groupby(sorted(files, key=_place), key=lambda w: (w.file.table, w.file.day)):
        runs += _runs_of_day(list(group), unsealed, is_over=day < today)
    return sorted(runs, key=len, reverse=True)


def _runs_of_day(files: list[Weighed], unsealed: Sequence[str], *, is_over: bool) -> list[tuple[Sealed, ...]]:
    for below in (LARGEST,) if is_over else TIERS:
        found = [
            tuple(w.file for w in run)
            for run in _neighbours(files, unsealed, below)
            if len(run) >= (2 if is_over else ENOUGH)
        ]
        if found:
            return found
    return []


def merge(connection: DuckDBPyConnection, run: Sequence[Sealed]) -> Merged:
    """Write the rows of neighbours into one file and remove them; the caller holds `exclusive(places)`."""
    first, last = run[0], run[-1]
    target = first.path.with_name(file_name(first.first, last.last, max(f.generation for f in run)))
    write_sealed(connection, f"SELECT * FROM {sealed([f.path for f in run])}", target)  # noqa: S608
    for file in run:
        file.path.unlink()
    sync(target.parent)
    return Merged(first.table, first.day, len(run), os.stat(target).st_size)


def weighed(catalog: Catalog) -> list[Weighed]:
    """Return the sealed files with their sizes; without those that were replaced meanwhile.

    A damaged file counts as a large one: nothing is merged with it, nor over it, which would replace it.
    """
    found = []
    for file in catalog.sealed:
        try:
            found.append(Weighed(file, os.stat(file.path).st_size if is_whole(file.path) else LARGEST))
        except FileNotFoundError:
            continue
    return found


def _plan(places: LogPlaces, today: str) -> list[tuple[Sealed, ...]]:
    catalog = visible(places)
    return plan_merges(weighed(catalog), [segment.stem for segment in catalog.open], today)


def _place(one: Weighed) -> tuple[str, str, str]:
    return (one.file.table, one.file.day, one.file.first)


def _neighbours(files: list[Weighed], unsealed: Sequence[str], below: int) -> Iterator[list[Weighed]]:
    """Cut the files of a day into runs of files that are small enough, together not larger than `LARGEST`."""
    run: list[Weighed] = []
    for one in files:
        is_apart = bool(run) and any(run[-1].file.last < name < one.file.first for name in unsealed)
        size = sum(w.size for w in run) + one.size
        if one.size >= below or is_apart or len(run) == MOST or size > LARGEST:
            yield run
            run = []
        if one.size < below:
            run.append(one)
    yield run
