"""Up to when the log is complete: what came before that will not grow any more.

Records come in the order of time but for moments, as long as somebody writes them. While the recorder is
dead, or cannot write, nothing is complete beyond its last sign of life; once it is back, what it catches up
with must not be missed, so the horizon moves on only after that has been seen for a while.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SETTLED = 2.0
"""Seconds after which a record that is written as usual is in the log."""
REMEMBERED = 5.0
HALTED = ("failing",)
"""States of the recorder in which records wait to be written."""


@dataclass(slots=True)
class Horizon:
    """What the recorder said of late."""

    _seen: deque[tuple[float, float]] = field(default_factory=deque)

    def observe(self, report: Mapping[str, Any] | None, wall: float, monotonic: float) -> float:
        """Return up to when (seconds since 1970) the log is complete, given what the recorder says now.

        `report` is None where there is no recorder: then nothing is being written.
        """
        self._seen.append((monotonic, complete(report, wall, monotonic)))
        while self._seen[0][0] < monotonic - REMEMBERED:
            self._seen.popleft()
        return min(until for _, until in self._seen)


def complete(report: Mapping[str, Any] | None, wall: float, monotonic: float) -> float:
    """Return up to when the log is complete by what the recorder says at one moment."""
    if report is None:
        return wall - SETTLED
    if report.get("state") in HALTED:
        return 0.0
    silent = max(monotonic - float(report.get("beat", monotonic)), 0.0)
    lag = float(report.get("lag_ms", 0.0)) / 1e3
    return wall - SETTLED - silent - lag
