"""The DuckDB that rewrites the log: one thread, little memory, and no file but those it is told to write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.files import sync
from gateway.requestlog.formats import WRITTEN, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "256MB"


@contextmanager
def writer(memory: str = MEMORY) -> Iterator[DuckDBPyConnection]:
    """Open a DuckDB in memory for rewriting files; with one thread rows stay in their order."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": memory,
        "temp_directory": "",
        "preserve_insertion_order": False,  # else it could not write a row group as soon as that is large
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(config=settings)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def write_sealed(connection: DuckDBPyConnection, query: str, file: Path) -> int:
    """Put a query's rows into a sealed file; it is there wholly or not at all. Return how many rows."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = file.with_name(f".{file.name}.tmp")  # no reader looks at such a name
    done = connection.execute(f"COPY ({query}) TO {literal(unfinished)} ({WRITTEN})").fetchone()
    with unfinished.open("r+b") as written:
        os.fchmod(written.fileno(), 0o600)
        os.fsync(written.fileno())
    os.replace(unfinished, file)
    sync(file.parent)
    return int(done[0]) if done else 0
