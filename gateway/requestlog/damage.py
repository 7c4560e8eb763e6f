"""Sealed files that cannot be read: told before DuckDB stumbles over them, and what to do about them.

One damaged file must not take the others with it. That a file was cut off or overwritten shows at its ends,
which costs two small reads; damage further in shows only once its rows are read.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.errors import GatewayError
from gateway.requestlog.formats import sealed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MAGIC = b"PAR1"
_SMALLEST = 12
"""Bytes: the magic at both ends, and the footer's length."""
CUT_OFF = "it has no whole beginning and end, so it was cut off or overwritten"
WITHIN = "what is in it is damaged"


def is_whole(file: Path | int) -> bool:
    """Tell whether a file, or an open one by descriptor, has both ends of a Parquet file; raises OSError."""
    if isinstance(file, int):
        return _has_ends(file)
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return _has_ends(descriptor)
    finally:
        os.close(descriptor)


def _has_ends(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    if size < _SMALLEST or os.pread(descriptor, 4, 0) != _MAGIC:
        return False
    end = os.pread(descriptor, 8, size - 8)
    return end[4:] == _MAGIC and int.from_bytes(end[:4], "little") <= size - _SMALLEST


def remedy(path: Path | str) -> str:
    """Return what to do about a file that cannot be read."""
    return f"restore it from a backup, or remove it: rm {shlex.quote(str(path))}"


def unreadable(files: Iterable[Path | str]) -> GatewayError:
    """Return the error that some files cannot be read, with what to do about each."""
    return GatewayError("\n".join(f"{path} cannot be read: {remedy(path)}" for path in files))


def is_readable(connection: DuckDBPyConnection, file: Path | str) -> bool:
    """Tell whether every value of a sealed file can be read, by reading it."""
    import duckdb

    try:
        # Hashed, not only counted: that is what tells a damaged file.
        connection.execute(f"SELECT sum(hash(COLUMNS(*))::HUGEINT % 2) FROM {sealed([file])}").fetchone()  # noqa: S608
    except duckdb.Error:
        return False
    return True


def damaged(connection: DuckDBPyConnection, files: Iterable[str]) -> list[str]:
    """Return those of some sealed files whose footers DuckDB cannot make sense of."""
    import duckdb

    found = []
    for file in files:
        try:
            connection.execute(f"DESCRIBE SELECT * FROM {sealed([file])}")  # noqa: S608 - our own
        except duckdb.Error:
            found.append(file)
    return found
