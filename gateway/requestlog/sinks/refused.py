"""Which records a target refuses whatever one does: a person may look them up in the log, by their id.

Only that: what users sent stays in the log alone, where it is forgotten and goes when its time is over.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import orjson

from gateway.requestlog.sinks.target import Item

MOST_BYTES = 16 * 1024 * 1024
TOLD: Final = ("id", "ts", "route", "version", "status")
_PSEUDONYM = re.compile(r"p_[0-9a-f]{24}")  # which a target may quote


def keep(path: Path, item: Item, why: str, most: int = MOST_BYTES) -> bool:
    """Append which record it is, and the reason as `refused`; tell whether there was room. Raises OSError."""
    told = {name: item.record[name] for name in TOLD if name in item.record}
    line = orjson.dumps({**told, "refused": _PSEUDONYM.sub("p_...", why)}) + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        if os.fstat(descriptor).st_size + len(line) > most:
            return False
        file.write(line)
        file.flush()
        os.fsync(descriptor)
    return True
