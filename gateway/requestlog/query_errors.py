"""What went wrong with a query, and what to do about it: DuckDB's own words where they help."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from gateway.errors import GatewayError
from gateway.requestlog.lake import VIEWS

if TYPE_CHECKING:
    from gateway.requestlog.lake import Lake

_COLUMN = re.compile(r'(?:Referenced column|does not have a column named) "([^"]+)"')
_TABLE = re.compile(r"Table with name (\S+) does not exist")


def in_words(lake: Lake, error: Exception, timeout: float) -> Exception:
    """Return a GatewayError for an error of DuckDB, any other as it is; `timeout` is that of the query."""
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
    return GatewayError(_explained(lake, error)) if isinstance(error, duckdb.Error) else error


def _explained(lake: Lake, error: Exception) -> str:
    text = first_lines(error)
    if found := _COLUMN.search(str(error)):
        return f"there is no column {found[1]!r}{_nearest(found[1], _columns(lake))}: {text}"
    if found := _TABLE.search(str(error)):
        return f"there is no view {found[1]!r}{_nearest(found[1], list(VIEWS))}; `gateway query` lists them"
    return text


def _nearest(name: str, names: list[str]) -> str:
    near = get_close_matches(name.casefold(), names, n=1, cutoff=0.5)
    return f" (is {near[0]!r} meant?)" if near else ""


def _columns(lake: Lake) -> list[str]:
    found = lake.execute("SELECT DISTINCT column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    return [row[0] for row in found]


def first_lines(error: Exception) -> str:
    """Return what DuckDB says, without its list of candidates and where it stands in our own code."""
    text = str(error).partition(", due to the following")[0]  # a traceback of ours says nothing to a user
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Candidate")]
    # Our own first line stands before the query in what DuckDB was given.
    return "\n".join(re.sub(r"^LINE (\d+)", lambda m: f"LINE {max(1, int(m[1]) - 1)}", one) for one in lines)
