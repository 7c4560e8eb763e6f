"""Whether a rollout is within a freeze."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.rollout.freeze import freeze_at
from gateway.routing.rollouts import Freeze

WEEKEND = Freeze("Fri 16:00 - Mon 08:00 Europe/Oslo", 4 * 1440 + 16 * 60, 8 * 60, "Europe/Oslo")
NOON = Freeze("Wed 12:00 - Wed 13:00 UTC", 2 * 1440 + 12 * 60, 2 * 1440 + 13 * 60, "UTC")


def at(day: int, hour: int, minute: int = 0) -> float:
    """Return an instant of January 2024 in UTC; the 1st was a Monday."""
    return datetime(2024, 1, day, hour, minute, tzinfo=UTC).timestamp()


def test_the_window_is_named_as_it_was_written() -> None:
    """In the time of its place: 16:00 in Oslo is 15:00 UTC in winter."""
    assert freeze_at((NOON, WEEKEND), at(5, 14, 59)) == ""
    assert freeze_at((NOON, WEEKEND), at(5, 15)) == WEEKEND.text
    assert freeze_at((NOON, WEEKEND), at(8, 6, 59)) == WEEKEND.text
    assert freeze_at((NOON, WEEKEND), at(8, 7)) == ""
    assert freeze_at((NOON, WEEKEND), at(3, 12, 30)) == NOON.text
    assert freeze_at((), at(5, 15)) == ""


def test_a_place_whose_time_is_not_known_freezes() -> None:
    """It holds, and says why; nobody is kept from taking a version back."""
    lost = Freeze("Fri 16:00 - Mon 08:00 Mars/Olympus", 0, 60, "Mars/Olympus")
    found = freeze_at((lost,), at(3, 12))
    assert found.startswith(f"{lost.text} (the time there is not known: ")
    assert "Mars/Olympus" in found
