"""What the admin side tells of the trail: its entries, and whether they are genuine."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from gateway.audit.findings import Verified
from gateway.audit.folder import HEADS, trail_files
from gateway.audit.read import latest
from gateway.audit.verify import verify
from gateway.control.trail.sealer import key_source
from gateway.routing.places import Places

SHOWN, MOST = 100, 1_000
"""Entries that are told, unsaid and at most."""


def entries(
    places: Places,
    limit: int = SHOWN,
    before: int | None = None,
    who: str = "",
    what: str = "",
    route: str = "",
) -> list[dict[str, Any]]:
    """Return the latest entries, newest first, as `gateway.audit.read.latest` does. Raises OSError."""
    return latest(places.audit, limit, before=before, who=who, what=what, route=route)


def verified_of(found: Verified) -> dict[str, Any]:
    """Return what a verification found as plain values."""
    return {
        "ok": found.is_clean,
        "entries": found.entries,
        "since": found.since or None,
        "until": found.until or None,
        "signed": found.signed,
        "unwritten": found.unwritten,
        "mended": found.mended,
        "problems": [
            {"n": one.n, "file": one.file, "line": one.line, "message": str(one)} for one in found.problems
        ],
        "more": found.more,
    }


class Verification:
    """Verifies the trail, anew only where it has changed. Several threads may ask."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._seen: object = None
        self._found: dict[str, Any] = {}

    def latest(self) -> dict[str, Any]:
        """Return it as plain values; raises GatewayError where the key cannot be had, OSError."""
        folder = self._places.audit
        with self._lock:
            seen = [(path.name, *_signature(path)) for path in (*trail_files(folder), folder / HEADS)]
            if seen != self._seen:
                key = key_source(self._places, config_folder(self._places)).read()
                self._found, self._seen = verified_of(verify(folder, key)), seen
            return self._found


def _signature(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def config_folder(places: Places) -> Path:
    """Return the folder of the running gateway's routing.yaml, from which keys are named."""
    from gateway.control.status.observation import read_running

    config = read_running(places).config
    return Path(config).parent if config else places.state.parent
