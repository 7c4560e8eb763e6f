"""One user's records are erased from every file of the log, for good.

A user is known here by the pseudonym of their sticky key. Every record that holds it anywhere goes: lines of
segments are overwritten with spaces where they stand, sealed files are written anew without them. Labels go
first, because it is the records that say which labels are theirs. Whatever is interrupted is finished by
doing it again; at the end everything is read once more. A sealed file that cannot be read does not keep the
user's records in the others, and is named: whoever restores it does this again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.errors import GatewayError
from gateway.files import sync
from gateway.requestlog.blank import blank_lines, lines_with
from gateway.requestlog.catalog import Sealed, exclusive, file_name, segments_in, sweep, visible
from gateway.requestlog.damage import is_readable
from gateway.requestlog.engine import write_sealed, writer
from gateway.requestlog.formats import identifier, literal, sealed
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.rotation import is_recording, no_recorder, rotate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ForgetLabels = Callable[[LogPlaces, str, Collection[str]], int]
"""Erases the labels of a pseudonym and of some requests' ids; returns how many."""
_SEARCHED = ("requests", "predictions")
_ID = re.compile(rb'"id":"([^"]{1,200})"')


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was erased: records, predictions and labels, from so many sealed files and segments.

    `unreadable` are sealed files that may still hold some.
    """

    records: int = 0
    predictions: int = 0
    labels: int = 0
    files: int = 0
    segments: int = 0
    unreadable: tuple[str, ...] = ()


def forget(
    places: LogPlaces, pseudonym: str, *, pending: bool = False, labels: ForgetLabels | None = None
) -> Forgotten:
    """Erase every record that holds a pseudonym; requests that are answered from now on are not meant.

    `pending`: the gateway runs, so records may still be in memory. Raises GatewayError where they cannot be
    had, where another process rewrites the log for too long, where labels cannot be read (no record is erased
    then, since it says which labels go with it), or something is left at the end.
    """
    if not re.fullmatch(r"p_[0-9a-f]{24}", pseudonym):
        raise GatewayError(f"{pseudonym!r} is no pseudonym: those are p_ and 24 hex digits")
    if pending or is_recording(places):
        rotate(places)
    with exclusive(places), writer() as connection:
        sweep(places)
        found, unsound = _holding(places, connection, pseudonym)
        with no_recorder(places) as is_alone:
            unsealed = segments_in(places.open)
            segments = (unsealed if is_alone else unsealed[:-1]) + segments_in(places.spool)
            lines = {s: some for s in segments if (some := lines_with(s, pseudonym.encode()))}
            told = labels(places, pseudonym, _ids(connection, found, lines, pseudonym)) if labels else 0
            for segment in lines:
                blank_lines(segment, pseudonym.encode())
        for file in found:
            _rewrite(connection, file, pseudonym)
        _make_sure(places, connection, pseudonym, segments)
    return replace(_told(found, lines, told, places), unreadable=tuple(map(str, unsound)))


def _told(
    found: dict[Sealed, int], lines: dict[Path, list[bytes]], labels: int, places: LogPlaces
) -> Forgotten:
    # What lies in the spool is in sealed files, too, and counted there.
    unsealed = sum(len(some) for segment, some in lines.items() if segment.parent == places.open)
    counts = {table: sum(n for file, n in found.items() if file.table == table) for table in _SEARCHED}
    return Forgotten(counts["requests"] + unsealed, counts["predictions"], labels, len(found), len(lines))


def _holding(
    places: LogPlaces, connection: DuckDBPyConnection, pseudonym: str
) -> tuple[dict[Sealed, int], list[Path]]:
    """Return the sealed files with such rows and how many each has, and the files that cannot be read."""
    import duckdb

    found: dict[Sealed, int] = {}
    unsound: list[Path] = []
    for file in (file for file in visible(places).sealed if file.table in _SEARCHED):
        try:
            count = _count(connection, file, pseudonym)
            # It will be written anew, so all of it must be sound.
            is_sound = not count or is_readable(connection, file.path)
        except duckdb.Error:
            if is_readable(connection, file.path):
                raise
            is_sound = False
        if not is_sound:
            unsound.append(file.path)
        elif count:
            found[file] = count
    return found, unsound


def _count(connection: DuckDBPyConnection, file: Sealed, pseudonym: str) -> int:
    source = sealed([file.path])
    condition = _holds(connection, source, pseudonym)
    row = connection.execute(f"SELECT count(*) FROM {source} WHERE {condition}").fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def _holds(connection: DuckDBPyConnection, source: str, pseudonym: str) -> str:
    """Return the condition that some text of a row holds the pseudonym."""
    columns = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608
    texts = [
        f"coalesce(contains({identifier(name)}::VARCHAR, {literal(pseudonym)}), false)"
        for name, kind, *_ in columns
        if "VARCHAR" in kind or "JSON" in kind
    ]
    return " OR ".join(texts) or "false"


def _ids(
    connection: DuckDBPyConnection,
    found: dict[Sealed, int],
    lines: dict[Path, list[bytes]],
    pseudonym: str,
) -> set[str]:
    ids = {match[1].decode() for some in lines.values() for line in some if (match := _ID.search(line))}
    for file in found:
        source = sealed([file.path])
        condition = _holds(connection, source, pseudonym)
        rows = connection.execute(f"SELECT id FROM {source} WHERE {condition}").fetchall()  # noqa: S608
        ids.update(row[0] for row in rows)
    return ids


def _rewrite(connection: DuckDBPyConnection, file: Sealed, pseudonym: str) -> None:
    """Put the file's other rows into one of the next generation, and remove it."""
    source = sealed([file.path])
    target = file.path.with_name(file_name(file.first, file.last, file.generation + 1))
    query = f"SELECT * FROM {source} WHERE NOT ({_holds(connection, source, pseudonym)})"  # noqa: S608
    if not write_sealed(connection, query, target):
        target.unlink()
    file.path.unlink()
    sync(target.parent)


def _make_sure(
    places: LogPlaces, connection: DuckDBPyConnection, pseudonym: str, segments: list[Path]
) -> None:
    left: list[Path] = [file.path for file in _holding(places, connection, pseudonym)[0]]
    left += [s for s in segments if s.exists() and lines_with(s, pseudonym.encode())]
    if left:
        raise GatewayError(
            f"{left[0]} still holds what was to be forgotten, and {len(left) - 1} other files; "
            "something else writes there: try again"
        )
