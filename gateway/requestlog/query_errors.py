"""What went wrong with a query, and what to do about it: DuckDB's own words where they help."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from gateway.errors import GatewayError
from gateway.requestlog.damage import is_readable, unreadable
from gateway.requestlog.lake import VIEWS
from gateway.requestlog.views import columns_of, predictions_view

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.requestlog.lake import Lake

_COLUMN = re.compile(r'(?:Referenced column|does not have a column named) "([^"]+)"')
_OF_DECRYPT = re.compile(r"Python exception occurred while executing the UDF: [\w.]+: (.*)", re.DOTALL)
_TABLE = re.compile(r"Table with name (\S+) does not exist")


def in_words(lake: Lake, error: Exception, timeout: float, sql: str = "") -> Exception:
    """Return a GatewayError for an error of DuckDB in the query `sql`, any other as it is."""
    import duckdb

    if isinstance(error, duckdb.InterruptException):
        return GatewayError(
            f"the query took longer than {timeout:g} s and was stopped; narrow it, as in "
            "WHERE ts > now() - INTERVAL 1 hour, or give it longer with --timeout"
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return GatewayError(
            "the query needs more memory than it may use, and nothing of the log is put on a disk for that; "
            "narrow it by time or columns, or allow more with --memory 2GB"
        )
    if not isinstance(error, duckdb.Error):
        return error
    named = [
        file for file, pin in lake.pins.names.items() if re.search(rf"{re.escape(pin)}(?!\d)", str(error))
    ]
    unsound = [file for file in named if not _is_readable(lake, file)]
    return unreadable(unsound) if unsound else GatewayError(_explained(lake, error, sql))


def _is_readable(lake: Lake, file: Path) -> bool:
    return file.suffix != ".parquet" or is_readable(lake.connection.cursor(), lake.pins.names[file])


def _explained(lake: Lake, error: Exception, sql: str) -> str:
    text = first_lines(error)
    for file, pin in lake.pins.names.items():
        text = re.sub(rf"{re.escape(pin)}(?!\d)", str(file).replace("\\", r"\\"), text)
    if found := _OF_DECRYPT.search(text):
        return found[1]
    if "Scalar Function with name decrypt does not exist" in text:
        return (
            "decrypt needs the key that the log was written with: point log: {encryption_key: …} in "
            "routing.yaml at it"
        )
    if found := _COLUMN.search(str(error)):
        return f"there is no column {found[1]!r}{_meant(lake, found[1], sql)}: {text}"
    if found := _TABLE.search(str(error)):
        return f"there is no view {found[1]!r}{_nearest(found[1], list(VIEWS))}; `gateway query` lists them"
    return text


def _nearest(name: str, names: list[str]) -> str:
    near = get_close_matches(name.casefold(), names, n=1, cutoff=0.5)
    return f" (is {near[0]!r} meant?)" if near else ""


def _meant(lake: Lake, name: str, sql: str) -> str:
    """Say which view has the column, else which column of the query's own views has a name like it."""
    asked = {view for view in VIEWS if re.search(rf"\b{view}\b", sql, re.IGNORECASE)} or set(VIEWS)
    columns = _columns(lake)
    for view in VIEWS:
        if view not in asked and name.casefold() in map(str.casefold, columns.get(view, [])):
            return f" in what the query reads, but in the view {view!r}"
    return _nearest(name, [column for view in VIEWS if view in asked for column in columns.get(view, [])])


def _columns(lake: Lake) -> dict[str, list[str]]:
    """Return the columns of the views; labels are not made for this where the query did not need them."""
    connection, pins = lake.connection.cursor(), lake.pins
    rows = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
    ).fetchall()
    found = {view: [row[1] for row in rows if row[0] == view] for view in VIEWS}
    if not found["predictions"]:
        query = predictions_view(connection, pins.of("predictions"), pins.of("open"))
        found["predictions"] = [*columns_of(connection, f"({query})")]
    return found


def first_lines(error: Exception, before: int = 1) -> str:
    """Return what DuckDB says, without its list of candidates and where it stands in our own code.

    `before` lines of our own stood before the query in what DuckDB was given.
    """
    text = str(error).partition(", due to the following")[0]  # a traceback of ours says nothing to a user
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Candidate")]
    return "\n".join(
        re.sub(r"^LINE (\d+)", lambda m: f"LINE {max(1, int(m[1]) - before)}", one) for one in lines
    )
