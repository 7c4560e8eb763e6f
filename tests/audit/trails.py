"""Trails for tests: some entries, signed, and a key."""

from __future__ import annotations

from pathlib import Path

from gateway.audit.event import Event
from gateway.audit.findings import Verified
from gateway.audit.folder import FILE_BYTES
from gateway.audit.keys import Key
from gateway.audit.seal import seal
from gateway.audit.trail import Trail
from gateway.audit.verify import verify

KEY = Key(b"a key that only the gateway has")


def event(n: int, **more: str) -> Event:
    """Something that was done."""
    return Event(
        "set-weight",
        f"cli:ann{n % 3}",
        route="late",
        before={"revision": n, "weights": {"blue": 100 - n % 100, "canary": n % 100}},
        after={"revision": n + 1},
        why=f"look {n}: \u201cgut\u201d",
        **more,  # type: ignore[arg-type]
    )


def written(folder: Path, count: int, *, signed: int = -1, file_bytes: int = FILE_BYTES) -> Path:
    """Write entries, sign the first `signed` of them (-1: all); return the folder of the trail."""
    trail = Trail(folder / "audit", file_bytes=file_bytes)
    for n in range(count):
        if n == signed:
            seal(folder / "audit", KEY)
        trail.record(event(n), durable=False)
    if signed < 0:
        seal(folder / "audit", KEY)
    return folder / "audit"


def looked(folder: Path) -> Verified:
    """Verify a trail."""
    return verify(folder, KEY)
