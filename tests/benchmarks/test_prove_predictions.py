"""Simulated predictions."""

from __future__ import annotations

from numpy.random import default_rng

from benchmarks.prove.cases import OUTPUTS, QUICKLY
from benchmarks.prove.predictions import run_predictions
from benchmarks.prove.rehearsal import Plan


def test_scores_that_moved_are_held() -> None:
    """By one standard deviation: soon, and by asking a person."""
    event, after = run_predictions(default_rng(1), Plan(OUTPUTS, QUICKLY), shift=1.0)
    assert event == "pause"
    assert after < 6_000


def test_scores_that_did_not_move_are_not() -> None:
    """To the end of the stream."""
    assert run_predictions(default_rng(2), Plan(OUTPUTS, QUICKLY), seconds=200) == ("none", 4_000)
