"""Reads every file of the log, and says what is in it and what cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.requestlog.catalog import Sealed, segments_in, visible
from gateway.requestlog.damage import CUT_OFF, WITHIN, is_whole
from gateway.requestlog.engine import writer
from gateway.requestlog.formats import READABLE, UNREADABLE, gaps, lines, sealed
from gateway.requestlog.places import LogPlaces

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(slots=True)
class Day:
    """What is sealed of one day; `size` is in bytes."""

    records: int = 0
    predictions: int = 0
    files: int = 0
    size: int = 0


@dataclass(slots=True)
class Checked:
    """What was found. `broken` are files that cannot be read and why, `unreadable` counts lines of segments,
    `torn` tells in which segments, `gaps` counts records that were never written, by reason, `waiting` is
    the bytes that sinks still need."""

    days: dict[str, Day] = field(default_factory=dict)
    segments: int = 0
    unsealed: int = 0
    unreadable: int = 0
    size: int = 0
    waiting: int = 0
    stale: int = 0
    gaps: dict[str, int] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    torn: dict[str, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """All of them."""
        return self.unsealed + sum(day.records for day in self.days.values())


def check_log(places: LogPlaces) -> Checked:
    """Read all there is; what is replaced meanwhile is passed over."""
    import duckdb

    catalog = visible(places)
    found = Checked(stale=len(catalog.stale))
    with writer() as connection:
        todo: list[Sealed | Path] = [*catalog.sealed, *catalog.open]
        for file in todo:
            path = file.path if isinstance(file, Sealed) else file
            try:
                if isinstance(file, Sealed):
                    _check_sealed(connection, found, file)
                else:
                    _check_segment(connection, found, file)
            except (duckdb.Error, OSError) as error:
                if path.exists():
                    found.broken[str(path)] = _reason(path, error)
    found.waiting = sum(segment.stat().st_size for segment in segments_in(places.spool))
    return found


def _reason(path: Path, error: Exception) -> str:
    """Return why a file cannot be read, in our words: DuckDB's are about its own parts."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    try:
        return WITHIN if path.suffix != ".parquet" or is_whole(path) else CUT_OFF
    except OSError as refused:
        return refused.strerror or str(refused)


def _check_sealed(connection: DuckDBPyConnection, found: Checked, file: Sealed) -> None:
    source = sealed([file.path])
    if file.table == "gaps":
        for reason, count in connection.execute(
            f"SELECT reason, sum(records)::BIGINT FROM {source} GROUP BY reason"  # noqa: S608 - our own
        ).fetchall():
            found.gaps[reason] = found.gaps.get(reason, 0) + count
        return
    # Every column is read, not only counted: that is what tells a damaged file.
    row = connection.execute(
        f"SELECT count(*), sum(hash(COLUMNS(*))::HUGEINT % 2) FROM {source}"  # noqa: S608 - our own
    ).fetchone()
    assert row is not None  # an aggregate has one row
    day = found.days.setdefault(file.day, Day())
    if file.table == "requests":
        day.records += row[0]
    else:
        day.predictions += row[0]
    day.files += 1
    day.size += file.path.stat().st_size
    found.size += file.path.stat().st_size


def _check_segment(connection: DuckDBPyConnection, found: Checked, segment: Path) -> None:
    row = connection.execute(
        f"SELECT count(*) FILTER ({READABLE}), count(*) FILTER ({UNREADABLE}) "  # noqa: S608 - our own
        f"FROM {lines([segment], ('id', 'ts', 'mark', 'gap'))}"
    ).fetchone()
    assert row is not None  # an aggregate has one row
    found.unsealed += row[0]
    found.unreadable += row[1]
    if row[1]:
        found.torn[str(segment)] = row[1]
    found.segments += 1
    found.size += segment.stat().st_size
    for reason, count in connection.execute(
        f"SELECT reason, sum(records)::BIGINT FROM ({gaps([segment])}) GROUP BY reason"  # noqa: S608 - our own
    ).fetchall():
        found.gaps[reason] = found.gaps.get(reason, 0) + count
