"""Where a record is kept that its target refuses whatever one does: a person may look at it."""

from __future__ import annotations

import os
from pathlib import Path

import orjson

from gateway.requestlog.sinks.target import Item

MOST_BYTES = 16 * 1024 * 1024


def keep(path: Path, item: Item, why: str, most: int = MOST_BYTES) -> bool:
    """Append a record with the reason as `refused`; tell whether there was room. Raises OSError."""
    line = orjson.dumps({**item.record, "refused": why}) + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        if os.fstat(descriptor).st_size + len(line) > most:
            return False
        file.write(line)
        file.flush()
        os.fsync(descriptor)
    return True
