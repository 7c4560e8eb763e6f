"""Records as compressed objects in a folder, laid out as object stores and query engines like it.

    <folder>/<route>/dt=2026-11-21/13/<first id>-<records>.ndjson.gz

What is written again after a crash begins with the same record, so it takes the place of what was there.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from gateway.files import sync
from gateway.requestlog.sinks.target import Item, Record, SendFailed

_SUFFIX = ".ndjson.gz"


class Directory:
    """Writes an object for each route and hour of a batch, durably."""

    linger = 10.0
    most_bytes = 16 * 1024 * 1024

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, items: Sequence[Item]) -> None:
        """Write the items' objects; raises SendFailed where one cannot be written."""
        objects: dict[Path, list[Item]] = {}
        for item in items:
            objects.setdefault(_place(item.record), []).append(item)
        try:
            if not self._folder.is_dir():
                # not made here: it may be the place of a disk that is not mounted now
                raise SendFailed(f"the folder {self._folder} does not exist; make it, or mount it")
            for place, found in objects.items():
                self._write(self._folder / place, found)
        except OSError as error:
            raise SendFailed(f"{self._folder} cannot be written to: {error}") from None

    def _write(self, folder: Path, items: list[Item]) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            for parent in (folder.parent, *folder.parents[1:3]):
                sync(parent)
        first = quote(str(items[0].record.get("id", "")), safe="")
        beside = folder / f".{first}.tmp"
        data = gzip.compress(b"\n".join(item.line for item in items) + b"\n", 6, mtime=0)
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(folder / f"{first}-{len(items)}{_SUFFIX}")
        for older in folder.glob(f"{first}-*{_SUFFIX}"):
            count = older.name[len(first) + 1 : -len(_SUFFIX)]
            if count.isdigit() and int(count) < len(items):
                older.unlink()  # the same records, sent before a crash, and fewer of them
        sync(folder)

    def close(self) -> None:
        """Nothing is kept open."""


def _place(record: Record) -> Path:
    at = datetime.fromtimestamp(record.get("ts", 0) / 1e6, UTC)
    route = quote(str(record.get("route") or "_none"), safe="")
    return Path(route) / f"dt={at:%Y-%m-%d}" / f"{at:%H}"
