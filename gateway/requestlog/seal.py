"""A closed segment becomes Parquet: a tenth of the size, and read many times as fast.

Whatever is interrupted here leaves the segment in `open/`, where it counts as before; the next attempt writes
the same files again. The segment's removal is what makes the sealed files count (see `catalog.py`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.files import sync
from gateway.requestlog.catalog import exclusive, file_name, segments_in, sweep
from gateway.requestlog.engine import write_sealed, writer
from gateway.requestlog.formats import (
    MICROSECONDS_OF_DAY,
    READABLE,
    UNREADABLE,
    gaps,
    lines,
    records,
    sealed,
)
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.predictions_names import learn
from gateway.requestlog.predictions_schema import rows_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class SealedSegment:
    """What became of a segment; `unreadable` lines were left out, and are a gap."""

    segment: str
    records: int
    unreadable: int
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a segment holds, times in microseconds since 1970."""

    records: int
    unreadable: int
    gaps: int
    first: int
    last: int
    days: tuple[str, ...]


def seal_step(places: LogPlaces, *, needed: str = "", most: int = 4) -> list[SealedSegment]:
    """Seal the oldest closed segments, at most so many, and drop from the spool what no sink needs.

    `needed` names the oldest segment that some sink still needs, empty: none. The newest segment is left
    alone even where no recorder lives, because the next one goes on from its last mark.
    """
    closed = segments_in(places.open)[:-1][:most]
    done = []
    if closed:
        with exclusive(places), writer() as connection:
            sweep(places)
            present = [segment for segment in closed if segment.exists()]
            done = [seal(places, segment, connection, needed=needed) for segment in present]
    for segment in segments_in(places.spool):
        if not needed or segment.stem < needed:
            segment.unlink(missing_ok=True)
    return done


def seal(
    places: LogPlaces, segment: Path, connection: DuckDBPyConnection, *, needed: str = ""
) -> SealedSegment:
    """Turn one closed segment into sealed files; the caller holds `exclusive(places)`."""
    found = survey(connection, segment)
    for day in found.days:
        _seal_day(places, segment, connection, day)
    if found.gaps or found.unreadable:
        _seal_gaps(places, segment, connection, found)
    _retire(places, segment, needed)
    return SealedSegment(segment.stem, found.records, found.unreadable, found.days)


def survey(connection: DuckDBPyConnection, segment: Path) -> Survey:
    """Count what a segment holds; a broken line is never fatal."""
    day = f"DISTINCT ts // {MICROSECONDS_OF_DAY}"
    found = connection.execute(
        f"SELECT count(*) FILTER ({READABLE}), count(*) FILTER ({UNREADABLE}), count(gap), "  # noqa: S608
        f"min(ts) FILTER ({READABLE}), max(ts) FILTER ({READABLE}), "
        f"list_sort(list({day}) FILTER ({READABLE})) "
        f"FROM {lines([segment], ('id', 'ts', 'mark', 'gap'))}"
    ).fetchone()
    assert found is not None  # an aggregate has one row
    count, unreadable, gap_lines, first, last, days = found
    # What is unreadable has no time of its own: that of the records around it, or of the segment.
    began = int(segment.stem) // 1000
    return Survey(
        count,
        unreadable,
        gap_lines,
        began if first is None else first,
        began if last is None else last,
        tuple(day_of(number * MICROSECONDS_OF_DAY) for number in days or ()),
    )


def day_of(microseconds: int) -> str:
    """Return the day (UTC) of a time in microseconds since 1970, as in 2026-11-21."""
    from datetime import UTC, datetime, timedelta

    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).date().isoformat()


def _seal_day(places: LogPlaces, segment: Path, connection: DuckDBPyConnection, day: str) -> None:
    name = file_name(segment.stem, segment.stem, 0)
    requests = places.requests / f"day={day}" / name
    within = f"ts // {MICROSECONDS_OF_DAY} = (DATE '{day}' - DATE '1970-01-01')"
    write_sealed(connection, records([segment], within), requests)
    source = f"SELECT * FROM {sealed([requests])}"  # noqa: S608 - made here
    inputs, outputs = learn(connection, source)
    if inputs or outputs:
        write_sealed(connection, rows_of(source, inputs, outputs), places.predictions / f"day={day}" / name)


def _seal_gaps(places: LogPlaces, segment: Path, connection: DuckDBPyConnection, found: Survey) -> None:
    query = gaps([segment])
    if found.unreadable:
        query += (
            f" UNION ALL SELECT NULL, make_timestamptz({found.first}), make_timestamptz({found.last}), "
            f"{found.unreadable}, 'unreadable'"
        )
    name = file_name(segment.stem, segment.stem, 0)
    write_sealed(connection, query, places.folder / "gaps" / f"day={day_of(found.first)}" / name)


def _retire(places: LogPlaces, segment: Path, needed: str) -> None:
    """Take the segment out of `open/`: from here on its sealed files count."""
    if needed and segment.stem >= needed:
        places.spool.mkdir(exist_ok=True, mode=0o700)
        os.replace(segment, places.spool / segment.name)
        sync(places.spool)
    else:
        segment.unlink()
    sync(places.open)
