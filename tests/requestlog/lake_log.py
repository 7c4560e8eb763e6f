"""A log for tests: segments with records of one's choosing, sealed or not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gateway.requestlog.engine import writer
from gateway.requestlog.lake import connect
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.seal import seal

DAY = 86_400_000_000
BEGIN = 1_763_683_200_000_000  # 2025-11-21, midnight UTC, in microseconds
ALICE = "p_" + "a1" * 12
BOB = "p_" + "b0" * 12


def record(number: int, **given: Any) -> dict[str, Any]:
    """Return a record; `number` makes its id, and its time a second later than the one before."""
    made = {
        "id": f"{number:032x}",
        "ts": BEGIN + number * 1_000_000,
        "method": "POST",
        "path": "/v2/models/late/infer",
        "route": "late",
        "version": "blue",
        "revision": 7,
        "status": 200,
        "outcome": "ok",
        "latency_ms": 1.5 + number,
        "inputs": {"month": [number % 12], "carrier": ["UA"]},
        "outputs": {"late_probability": [0.25], "late": [False]},
        "worker": 0,
        "n": number,
        **given,
    }
    return {name: value for name, value in made.items() if value is not None}


def line(document: object) -> bytes:
    """Return a line of a segment."""
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def gap(records: int, reason: str = "ring_full", worker: int = 0) -> dict[str, Any]:
    """Return a gap of the first ten seconds."""
    return {
        "gap": {
            "worker": worker,
            "from": BEGIN,
            "to": BEGIN + 10_000_000,
            "records": records,
            "reason": reason,
        }
    }


MARK = line({"mark": {"0": [1, 2, {}]}, "counts": {}})


def segment(places: LogPlaces, number: int, records: Iterable[Any], folder: Path | None = None) -> Path:
    """Write a segment whose name is the begin of its second `number`; bytes are put in as they are."""
    folder = folder or places.open
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{(BEGIN + number * 1_000_000) * 1000:019d}.ndjson"
    lines = [one if isinstance(one, bytes) else line(one) for one in records]
    path.write_bytes(MARK + b"".join(lines) + MARK)
    return path


def sealed_segment(places: LogPlaces, number: int, records: Iterable[Any]) -> None:
    """Write a segment and seal it."""
    path = segment(places, number, records)
    with writer() as connection:
        seal(places, path, connection)


def ask(places: LogPlaces, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query; times must not be among them."""
    with connect(places) as lake:
        return lake.execute(sql).fetchall()


def open_below(folder: Path) -> list[str]:
    """Return the files of a folder that this process holds open; others come and go with other tests."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except FileNotFoundError:
            pass  # that of the listing itself, or somebody else's
    return [path for path in found if path.startswith(str(folder))]


def ids(places: LogPlaces, view: str = "requests") -> list[int]:
    """Return the numbers of all records, sorted, each as often as it is there."""
    return sorted(int(row[0], 16) for row in ask(places, f"SELECT id FROM {view}"))
