"""A request log as its recorder leaves it: whole batches with a mark behind each, segment after segment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from gateway.requestlog.places import LogPlaces

BEGIN = 1_795_000_000_000_000
"""`ts` of the first record, in microseconds since 1970."""


def record(number: int, **more: Any) -> dict[str, Any]:
    """Return the record of one request; numbers make ids and times."""
    return {
        "id": f"{number:032x}",
        "ts": BEGIN + number * 1000,
        "method": "POST",
        "path": "/flights",
        "route": "flights",
        "version": "blue",
        "status": 200,
        "outcome": "ok",
        "latency_ms": 2.5,
        "inputs": {"distance": [100 + number]},
        "outputs": {"late": [0.25]},
        **more,
    }


def line(document: dict[str, Any]) -> bytes:
    """Return a line of a segment."""
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


class Log:
    """Writes records as fast as it is told to; each `write` is one batch."""

    def __init__(self, folder: Path) -> None:
        self.places = LogPlaces(folder)
        self.places.open.mkdir(parents=True)
        self.places.spool.mkdir()
        self.count = 0
        self._segment = 0
        self._tail = 0
        self.rotate()

    @property
    def path(self) -> Path:
        """The segment being written."""
        return self.places.open / f"{self.name}.ndjson"

    @property
    def name(self) -> str:
        """The name of the segment being written."""
        return f"{self._segment:019d}"

    def rotate(self) -> str:
        """Begin another segment; return the name of the one before it."""
        before = self.name
        self._segment += 1
        self.path.write_bytes(self._mark())
        return before

    def write(self, count: int, *, marked: bool = True, **more: Any) -> list[str]:
        """Append so many records, and a mark unless there is to be none; return their ids."""
        records = [record(self.count + number, **more) for number in range(count)]
        self.count += count
        self.append(b"".join(map(line, records)) + (self._mark() if marked else b""))
        return [each["id"] for each in records]

    def append(self, data: bytes) -> None:
        """Append bytes as they are."""
        with self.path.open("ab") as file:
            file.write(data)

    def seal(self, name: str, *, needed: bool = True) -> None:
        """Do to a segment what sealing does: to the spool with it if a sink needs it, else away."""
        path = self.places.open / f"{name}.ndjson"
        if needed:
            path.rename(self.places.spool / path.name)
        else:
            path.unlink()

    def sweep(self, oldest: str) -> None:
        """Do what sealing does to the spool: drop what is older than the oldest segment needed."""
        for path in self.places.spool.iterdir():
            if path.stem < oldest:
                path.unlink()

    def _mark(self) -> bytes:
        self._tail += 1
        return line({"mark": {"0": [1, self._tail, {}]}, "counts": {}})
