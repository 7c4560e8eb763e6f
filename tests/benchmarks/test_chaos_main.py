"""The rows of `python -m benchmarks.chaos`."""

from __future__ import annotations

from benchmarks.chaos import __main__ as chaos
from benchmarks.chaos.scale import FULL


def test_every_row_has_a_name_of_its_own() -> None:
    """`--only` could not tell two apart; and these faults are there at least."""
    names = [row.name for row in chaos.ROWS]
    assert len(set(names)) == len(names)
    least = (
        "killed hanging half-failing cut slow down storm full breaker worker reload weights slowloris idle"
    )
    assert {*least.split(), "certificate", "download", "drain", "handshakes", "removed"} <= set(names)


def test_a_full_run_is_as_large_as_the_page_says() -> None:
    """Fewer slow heads, idle connections, changes or reloads would prove less."""
    assert (FULL.slow_heads, FULL.idle, FULL.weight_changes, FULL.reloads) == (2_000, 10_000, 200, 20)
