"""The SQL of the views `requests`, `predictions` and `gaps`: sealed files and open segments as one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.requestlog.columns import COLUMNS
from gateway.requestlog.formats import GAP_COLUMNS, gaps, nothing, records, sealed
from gateway.requestlog.predictions_names import learn
from gateway.requestlog.predictions_schema import BASE, rows_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def requests_view(connection: DuckDBPyConnection, files: list[str], segments: list[str]) -> str:
    """Return the query of `requests`: the columns of `COLUMNS`, whatever the files have."""
    return _together(connection, files, [records(segments)] if segments else [], COLUMNS)


def gaps_view(
    connection: DuckDBPyConnection, files: list[str], segments: list[str], left_out: Sequence[Path] = ()
) -> str:
    """Return the query of `gaps`: stretches of time in which records were dropped or cannot be read, and why.

    How many records a file held that is left out nobody knows.
    """
    lost = [_lost(file) for file in left_out if file.parent.parent.name == "requests"]
    return _together(connection, files, ([gaps(segments)] if segments else []) + lost, GAP_COLUMNS)


def _lost(file: Path) -> str:
    """Return the gap that a sealed file of requests is which cannot be read."""
    first, _, last = file.name.partition(".")[0].partition("-")
    # Its name says when its segments were begun, in nanoseconds; the last one went on for a while.
    return (
        f"SELECT NULL::SMALLINT AS worker, make_timestamptz({int(first) // 1000}) AS since, "
        f"make_timestamptz({int(last) // 1000}) AS until, NULL::BIGINT AS records, 'unreadable' AS reason"
    )


def predictions_view(connection: DuckDBPyConnection, files: list[str], segments: list[str]) -> str:
    """Return the query of `predictions`; reads the open segments for the names and types of their columns."""
    if not segments:
        return _together(connection, files, [], BASE)
    source = records(segments)
    return _together(connection, files, [rows_of(source, *learn(connection, source))], BASE)


def columns_of(connection: DuckDBPyConnection, source: str) -> dict[str, str]:
    """Return the columns of a view or table expression with their types."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608 - our own
    return {row[0]: row[1] for row in described}


def _together(
    connection: DuckDBPyConnection, files: list[str], unsealed: list[str], columns: dict[str, str]
) -> str:
    """Return the rows of sealed files and other queries as one, with these columns at least."""
    parts = list(unsealed)
    if files:
        source = sealed(files)
        parts.insert(0, f"SELECT * FROM {source}")  # noqa: S608 - made here
        known = bool(unsealed) or columns.keys() <= columns_of(connection, source).keys()
    else:
        known = bool(unsealed)
    # Only where it must be: of files in a union DuckDB must read more to answer the same.
    return " UNION ALL BY NAME ".join(parts if known else [nothing(columns), *parts])
