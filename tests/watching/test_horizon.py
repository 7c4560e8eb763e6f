"""Up to when the log is complete."""

from __future__ import annotations

from gateway.watching.horizon import REMEMBERED, SETTLED, Horizon, complete

WALL, NOW = 1_000_000.0, 500.0


def test_records_settle_within_moments() -> None:
    """With a recorder that keeps up, or none at all."""
    assert complete(None, WALL, NOW) == WALL - SETTLED
    assert complete({"beat": NOW, "lag_ms": 0.0, "state": "recording"}, WALL, NOW) == WALL - SETTLED


def test_a_recorder_that_lags_or_is_dead_holds_it_back() -> None:
    """Nothing is complete beyond its last sign of life, less what it is behind."""
    assert complete({"beat": NOW - 30, "lag_ms": 1500.0}, WALL, NOW) == WALL - SETTLED - 31.5
    assert complete({"beat": NOW, "state": "failing"}, WALL, NOW) == 0.0


def test_after_a_gap_it_waits_until_the_recorder_has_caught_up() -> None:
    """What the recorder reads in its first moments is not passed over."""
    horizon = Horizon()
    horizon.observe({"beat": NOW}, WALL, NOW)
    dead = horizon.observe({"beat": NOW}, WALL + 60, NOW + 60)
    assert dead == WALL - SETTLED
    back = {"beat": NOW + 61, "lag_ms": 0.0}
    assert horizon.observe(back, WALL + 61, NOW + 61) == dead
    later = 61 + REMEMBERED
    assert horizon.observe({"beat": NOW + later}, WALL + later, NOW + later) == WALL + 61 - SETTLED
