"""Reads entries, newest first or all in order, as they stand: whether they are genuine is for `verify`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from gateway.audit.entry import NoEntry, read_entry
from gateway.audit.folder import trail_files

_BLOCK: Final = 64 * 1024

Entry = dict[str, Any]


def latest(
    folder: Path, limit: int, *, before: int | None = None, who: str = "", what: str = "", route: str = ""
) -> list[Entry]:
    """Return the latest entries, newest first: those before entry `before`, of somebody, of a kind.

    `who` and `route` are whole or a part; `what` is whole. Raises OSError.
    """
    wanted = (
        entry
        for entry in newest_first(folder)
        if (before is None or entry["n"] < before)
        and (not what or entry["what"] == what)
        and who.lower() in str(entry["who"]).lower()
        and route in str(entry["route"])
    )
    return list(islice(wanted, limit))


def newest_first(folder: Path) -> Iterator[Entry]:
    """Yield every entry that can be read, newest first. Raises OSError."""
    for path in reversed(trail_files(folder)):
        for line in _lines_backwards(path):
            try:
                yield read_entry(line)
            except NoEntry:
                continue


def _lines_backwards(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        position = file.seek(0, 2)
        rest = b""
        while position:
            start = max(0, position - _BLOCK)
            file.seek(start)
            first, *lines = (file.read(position - start) + rest).split(b"\n")
            yield from (line for line in reversed(lines) if line)
            rest, position = first, start
        if rest:
            yield rest
