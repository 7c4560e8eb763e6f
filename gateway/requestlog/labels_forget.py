"""Labels erased: those of a user who is forgotten, and those that are older than every record may be.

The caller holds the lock of the log, so nobody seals labels meanwhile. Lines are overwritten where they
stand, under the lock of those who append.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.requestlog.damage import is_readable, is_whole, unreadable
from gateway.requestlog.engine import writer
from gateway.requestlog.formats import literal
from gateway.requestlog.labels_seal import label_files, reading, write_labels
from gateway.requestlog.places import LogPlaces

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def forget_labels(places: LogPlaces, pseudonym: str, ids: Collection[str], key: str = "") -> int:
    """Erase the labels of some requests, and those by the user's pseudonym or `key`; return how many.

    Raises GatewayError at the end where a file of labels cannot be read.
    """
    wanted, keys = set(ids), {pseudonym, key or pseudonym}
    erased = 0
    unsound: list[Path] = []
    with writer() as connection:
        connection.execute(
            "CREATE TABLE forgotten AS SELECT unnest($ids::VARCHAR[]) AS id", {"ids": list(wanted)}
        )
        for path in label_files(places):
            if path.suffix == ".ndjson":
                erased += _blank(path, keys, wanted)
            elif is_whole(path) and is_readable(connection, path):
                erased += _rewrite(connection, path, keys)
            else:
                unsound.append(path)
    if unsound:
        raise unreadable(unsound)
    return erased


def expire_labels(places: LogPlaces, keep: float, now: float) -> list[Path]:
    """Remove the files of days that ended more than `keep` seconds before `now`; return them."""
    last = time.strftime("%Y-%m-%d", time.gmtime(now - keep))
    expired = [path for path in label_files(places) if path.stem[:10] < last]
    for path in expired:
        path.unlink()
    return expired


def _blank(path: Path, keys: Collection[str], ids: Collection[str]) -> int:
    found = 0
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        at = 0
        for line in file.read().splitlines(keepends=True):
            text = line.rstrip(b"\n")
            if _is_of(text, keys, ids):
                os.pwrite(file.fileno(), b" " * len(text), at)
                found += 1
            at += len(line)
        if found:
            os.fsync(file.fileno())
    return found


def _is_of(line: bytes, keys: Collection[str], ids: Collection[str]) -> bool:
    try:
        label = json.loads(line)
    except ValueError:
        return any(
            key.encode() in line for key in keys
        )  # torn: nobody reads it, and nothing of the user stays in it
    return isinstance(label, dict) and (label.get("id") in ids or label.get("key") in keys)


def _rewrite(connection: DuckDBPyConnection, path: Path, keys: Collection[str]) -> int:
    listed = ", ".join(map(literal, sorted(keys)))
    theirs = f"(coalesce(key IN ({listed}), false) OR coalesce(id IN (SELECT id FROM forgotten), false))"
    row = connection.execute(f"SELECT count(*) FROM ({reading([path])}) WHERE {theirs}").fetchone()
    if row is None or not row[0]:
        return 0
    write_labels(connection, [path], path, f"NOT {theirs}")
    return int(row[0])
