"""The rows of `python -m benchmarks.rollouts`."""

from __future__ import annotations

from benchmarks.rollouts import __main__ as rollouts


def test_every_row_has_a_name_of_its_own() -> None:
    """`--only` could not tell two apart; and these versions and events are there at least."""
    names = [row.name for row in rollouts.ROWS]
    assert len(set(names)) == len(names)
    least = "good slow errors users crash hang outputs verdicts promotions switches kills incident"
    assert set(least.split()) <= set(names)
