"""Comparing weights."""

from __future__ import annotations

from benchmarks.changes import same_split


def test_weights_are_the_same_when_their_shares_are() -> None:
    """Percent, counts or parts of one: the proportion decides; a service left out has none."""
    assert same_split({"blue": 0.9, "canary": 0.1}, {"blue": 90, "canary": 10})
    assert same_split({"blue": 9, "canary": 1, "green": 0}, {"blue": 90, "canary": 10})
    assert not same_split({"blue": 90, "canary": 10}, {"blue": 89, "canary": 11})
    assert not same_split({}, {"blue": 89, "canary": 11})
