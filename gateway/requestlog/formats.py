"""How DuckDB is told to read segments and to write sealed files; every piece of SQL they share is made here.

Text from outside (paths, names of inputs) reaches SQL only through `literal` and `identifier`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gateway.requestlog.columns import COLUMNS

LATEST = 4_102_444_800_000_000
"""Microseconds since 1970 until 2100: a record that claims a later time is unreadable."""
MICROSECONDS_OF_DAY = 86_400_000_000

READABLE = f"id IS NOT NULL AND ts BETWEEN 0 AND {LATEST}"
"""What holds of a line that is a record."""
UNREADABLE = f"mark IS NULL AND gap IS NULL AND ({READABLE}) IS NOT TRUE"
"""What holds of a line that is no record, no mark and no gap: it was torn or overwritten."""

GAP_COLUMNS: dict[str, str] = {
    "worker": "SMALLINT",  # NULL: not of one worker
    "since": "TIMESTAMPTZ",
    "until": "TIMESTAMPTZ",
    "records": "BIGINT",
    "reason": "VARCHAR",
}

WRITTEN = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000, ROW_GROUP_SIZE_BYTES '32MB'"
"""Options of COPY; small enough groups that writing bodies of any size stays within the memory allowed."""

_LINE_TYPES = {**COLUMNS, "ts": "BIGINT", "mark": "JSON", "gap": "JSON"}


def literal(text: str | Path) -> str:
    """Return a text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def file_list(files: Iterable[str | Path]) -> str:
    """Return an SQL list of paths."""
    return "[" + ", ".join(literal(file) for file in files) + "]"


def lines(files: Iterable[str | Path], columns: Iterable[str] = _LINE_TYPES) -> str:
    """Return a table expression for the lines of segments; a broken line is a row of NULLs.

    `columns`: those parsed, `mark` and `gap` included. `ts` is still microseconds.
    """
    types = ", ".join(f"{literal(name)}: {literal(_LINE_TYPES[name])}" for name in columns)
    return (
        f"read_json({file_list(files)}, format = 'newline_delimited', columns = {{{types}}}, "
        "ignore_errors = true, records = true, compression = 'uncompressed')"
    )


def records(files: Iterable[str | Path], where: str = "") -> str:
    """Return a query for the records in segments, with the columns and types of sealed ones."""
    condition = f"{READABLE} AND ({where})" if where else READABLE
    return f"SELECT {_RECORD} FROM {lines(files, (*COLUMNS,))} WHERE {condition}"  # noqa: S608 - made of the above


def gaps(files: Iterable[str | Path]) -> str:
    """Return a query for the gaps in segments, with the columns and types of sealed ones."""
    taken = ", ".join(
        [
            "(gap->>'worker')::SMALLINT AS worker",
            "make_timestamptz((gap->>'from')::BIGINT) AS since",
            "make_timestamptz((gap->>'to')::BIGINT) AS until",
            "(gap->>'records')::BIGINT AS records",
            "gap->>'reason' AS reason",
        ]
    )
    return f"SELECT {taken} FROM {lines(files, ('gap',))} WHERE gap IS NOT NULL"  # noqa: S608 - made of the above


def sealed(files: Iterable[str | Path]) -> str:
    """Return a table expression for sealed files; a column that only some have is NULL in the others, one
    whose type differs takes the widest, in the end text."""
    return f"read_parquet({file_list(files)}, union_by_name = true, hive_partitioning = false)"


def nothing(columns: dict[str, str]) -> str:
    """Return a query for no rows of these columns."""
    typed = ", ".join(f"NULL::{kind} AS {identifier(name)}" for name, kind in columns.items())
    return f"SELECT {typed} WHERE false"


_RECORD = ", ".join("make_timestamptz(ts) AS ts" if name == "ts" else identifier(name) for name in COLUMNS)
