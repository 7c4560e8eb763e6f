"""Whether it is a time in which no canary may grow."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.routing.freeze import in_force
from gateway.routing.rollouts import Freeze


def freeze_at(windows: tuple[Freeze, ...], at: float) -> str:
    """Return the first window that `at` (seconds since 1970) lies in, as a person wrote it; empty: none.

    Where this machine has lost the time zones since routing.yaml was read, the first window counts as in
    force: that holds a canary, and keeps none from being taken back.
    """
    try:
        found = in_force(windows, datetime.fromtimestamp(at, UTC), ZoneInfo)
    except (KeyError, OSError, ValueError) as error:
        return f"{windows[0].text} (the time there is not known: {error})"
    return found.text if found else ""
