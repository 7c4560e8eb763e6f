"""Past labels as Parquet: an hour's file once it is over, a day's once that is over.

A label that lies in two files, because somebody died between writing one and removing the other, is read
once: the last word on a prediction counts. So every file is read, and sealing what is sealed already adds to
it: a clock that was put back makes an hour's file a second time.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.requestlog.engine import write_sealed
from gateway.requestlog.formats import literal
from gateway.requestlog.places import LogPlaces

if TYPE_CHECKING:
    import duckdb

SETTLED = 120.0
"""Seconds after an hour's end in which somebody may still be writing to its file."""
LINE_TYPES = (
    "{id: 'VARCHAR', row: 'INTEGER', route: 'VARCHAR', key: 'VARCHAR', label: 'VARCHAR', "
    "value: 'DOUBLE', received: 'BIGINT'}"
)


def label_files(places: LogPlaces) -> list[Path]:
    """Return the files to read, in the order of their time."""
    if not places.labels.is_dir():
        return []
    return sorted(path for path in places.labels.iterdir() if path.suffix in (".ndjson", ".parquet"))


def seal_labels(places: LogPlaces, connection: duckdb.DuckDBPyConnection, now: float) -> list[Path]:
    """Seal what is over at `now` (wall time in seconds); return the files made."""
    if not places.labels.is_dir():
        return []
    made = []
    current = time.strftime("%Y-%m-%dT%H", time.gmtime(now - SETTLED))
    for path in sorted(places.labels.glob("*.ndjson")):
        if path.stem < current:
            with path.open("rb") as lines:
                fcntl.flock(lines, fcntl.LOCK_EX)  # whoever still appends to it does so before, or elsewhere
                made.append(_joined(connection, [path], path.with_suffix(".parquet")))
    for day, hours in _days(places, current[:10]).items():
        made.append(_joined(connection, hours, places.labels / f"{day}.parquet"))
    return list(dict.fromkeys(made))


def _joined(connection: duckdb.DuckDBPyConnection, sources: Sequence[Path], target: Path) -> Path:
    """Move the labels of some files into one, which may be there already."""
    write_labels(connection, [*sources, *([target] if target.exists() else [])], target)
    for source in sources:
        source.unlink()
    return target


def _days(places: LogPlaces, today: str) -> dict[str, list[Path]]:
    days: dict[str, list[Path]] = {}
    for path in sorted(places.labels.glob("*T*.parquet")):
        if path.stem[:10] < today:
            days.setdefault(path.stem[:10], []).append(path)
    return days


def write_labels(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Path], target: Path, where: str = "true"
) -> None:
    """Write the labels of some files that meet a condition as one Parquet file, in one piece.

    Of what was said several times of the same prediction only the last word is kept.
    """
    query = latest(f"SELECT * FROM ({reading(sources)}) WHERE {where}")
    write_sealed(connection, f"{query} ORDER BY received", target)


def latest(source: str) -> str:
    """Return the query that keeps the last word of `source` (a query) on each prediction."""
    return (
        "SELECT id, row, route, key, arg_max(label, received) AS label, "
        "arg_max_null(value, received) AS value, max(received) AS received "
        f"FROM ({source}) GROUP BY id, row, route, key"
    )


def reading(files: Iterable[Path]) -> str:
    """Return the query that reads these files, whatever their kind; a torn line at an end is passed over."""
    files = list(files)
    lines = [path for path in files if path.suffix == ".ndjson"]
    sealed = [path for path in files if path.suffix == ".parquet"]
    parts = []
    columns = "id, coalesce(row, 0) AS row, route, key, label, value, received"
    if lines:
        listed = ", ".join(map(literal, lines))
        parts.append(
            f"SELECT {columns} FROM read_json([{listed}], format='newline_delimited', "
            f"columns={LINE_TYPES}, ignore_errors=true) WHERE label IS NOT NULL"
        )
    if sealed:
        listed = ", ".join(map(literal, sealed))
        parts.append(f"SELECT {columns} FROM read_parquet([{listed}])")
    return " UNION ALL ".join(parts) or NO_LABELS


NO_LABELS = (
    "SELECT NULL::VARCHAR AS id, 0 AS row, NULL::VARCHAR AS route, NULL::VARCHAR AS key, "
    "NULL::VARCHAR AS label, NULL::DOUBLE AS value, 0::BIGINT AS received WHERE false"
)
