"""Rollback: how soon the last user leaves the canary, and how long the command takes a person."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from benchmarks.admin import Admin, Refused, command
from benchmarks.figures import last_gap_ms
from benchmarks.generator import Books
from benchmarks.scale import Scale
from benchmarks.stage import Running, Stage
from benchmarks.traffic import let_flow, traffic

_HALF = {"blue": 50, "canary": 50}
_BEFORE = 0.25  # seconds of split traffic before each rollback
_AFTER = 0.25  # seconds in which a late canary answer would be caught
_PROOF_NS = 100_000_000  # the canary must have answered this shortly before, or a rollback proves nothing


def measure(stage: Stage, gateway: Running, scale: Scale) -> dict[str, Any]:
    """Roll back under load over the admin API, then by the command; milliseconds of each."""
    admin = Admin(gateway.site.admin_port)
    try:
        gaps, acknowledged, books = _under_load(stage, gateway, admin, scale.rollbacks)
        walls = [_command_ms(gateway, admin) for _ in range(scale.rollbacks)]
    finally:
        admin.close()
    return {
        "last_canary_ms": gaps,
        "acknowledged_ms": acknowledged,
        "command_ms": walls,
        "requests": books.sent,
        "failures": dict(books.failures),
    }


def _under_load(
    stage: Stage, gateway: Running, admin: Admin, times: int
) -> tuple[list[float], list[float], Books]:
    starts, ends, acknowledged = [], [], []
    with traffic(gateway.site.port, stage.requests, stage.cores.load) as flow:
        for _ in range(times):
            admin.set_weights(_HALF)
            let_flow(_BEFORE)
            starts.append(admin.roll_back())
            acknowledged.append((time.monotonic_ns() - starts[-1]) / 1e6)
            let_flow(_AFTER)
            ends.append(time.monotonic_ns())
        books = flow.finish()
    marks = canary_answers(books)
    require_canary_before(starts, marks)
    return last_gap_ms(starts, ends, marks), acknowledged, books


def canary_answers(books: Books) -> list[int]:
    """Return when each answer of the canary began."""
    return sorted(at for at, version in zip(books.began, books.versions, strict=True) if version == b"canary")


def require_canary_before(starts: Sequence[int], marks: Sequence[int]) -> None:
    """Raise Refused unless the canary answered shortly before every rollback."""
    for number, start in enumerate(starts, 1):
        if bisect_left(marks, start) == bisect_left(marks, start - _PROOF_NS):
            raise Refused(f"rollback {number}: the canary had no traffic to lose; was its weight published?")


def _command_ms(gateway: Running, admin: Admin) -> float:
    admin.set_weights(_HALF)
    start = time.monotonic_ns()
    command("rollback", state=gateway.site.folder / "state")
    wall = (time.monotonic_ns() - start) / 1e6
    if (left := admin.weights()).get("canary"):
        raise Refused(f"gateway rollback returned, but the weights are {left}")
    return wall
