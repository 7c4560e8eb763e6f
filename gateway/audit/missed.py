"""What could not be written to the trail: counted in memory, told by the next entry and by `gateway status`.

The disk that is full cannot take the note either, so it lies in the directory in memory.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gateway.files import replace_file


def missed(path: Path) -> dict[str, Any] | None:
    """Return `{"count", "since", "problem", "last"}`, or None where everything was written."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):  # none, or a note that another process is replacing was lost with memory
        return None
    return found if isinstance(found, dict) and "count" in found else None


def note_missed(path: Path, at: str, problem: str, what: str) -> None:
    """Count one more; raises OSError where not even memory takes the note."""
    before = missed(path) or {"count": 0, "since": at}
    told = {"count": before["count"] + 1, "since": before["since"], "problem": problem, "last": what}
    replace_file(path, json.dumps(told).encode())


def forget_missed(path: Path) -> None:
    """Forget the count, once an entry has told it."""
    path.unlink(missing_ok=True)
