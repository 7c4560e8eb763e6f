"""The demo's arithmetic."""

from __future__ import annotations

from benchmarks.demo import raised, shares


def test_shares_are_the_weights_over_their_sum() -> None:
    """Proportional weights, whatever they add up to."""
    assert shares({"blue": 3, "canary": 1}) == {"blue": 0.75, "canary": 0.25}


def test_the_canary_is_always_raised() -> None:
    """Whatever share it starts from, it gets visibly more and not everything."""
    for percent in range(0, 96, 5):
        assert percent + 2 <= raised(percent / 100) <= 100
