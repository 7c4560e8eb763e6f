"""The conditions that queries are made of."""

from __future__ import annotations

from gateway.watching.subject import Of, between, own_micros, whose
from gateway.watching.windows import Window


def test_times_are_exact_to_the_microsecond() -> None:
    """From the first, up to before the last."""
    assert between("ts", Window(1_780_000_020_000_001, 1_780_000_080_000_000)) == (
        "ts >= TIMESTAMPTZ '2026-05-28 20:27:00.000001+00' "
        "AND ts < TIMESTAMPTZ '2026-05-28 20:28:00.000000+00'"
    )


def test_a_version_is_told_from_its_predecessors_by_its_model() -> None:
    """Names are quoted; without a folder the model is NULL."""
    of = Of("drift", "la'te", "v1", "x", Window(0, 1), model="models/v1")
    assert whose(of).startswith("route = 'la''te' AND version = 'v1' AND model = 'models/v1' AND ")
    assert "p.model IS NULL" in whose(Of("drift", "late", "far", "x", Window(0, 1)), "p.")


def test_own_time_is_read_as_when_it_was_counted() -> None:
    """Seconds, or ISO 8601."""
    assert "try_cast(said AS DOUBLE) * 1e6" in own_micros("said")
    assert "AS TIMESTAMPTZ" in own_micros("said")
