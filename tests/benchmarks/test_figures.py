"""Numbers out of samples."""

from __future__ import annotations

import pytest

from benchmarks.figures import last_gap_ms, median_ratio, percentile, quiet_median, quieter_half


def test_percentile_is_a_sample_that_was_seen() -> None:
    """The quantile of a hundred samples is one of them, and the highest share gives the greatest."""
    samples = list(range(100, 0, -1))
    assert percentile(samples, 0.5) == 50
    assert percentile(samples, 0.99) == 99
    assert percentile(samples, 1.0) == 100
    assert percentile([7.0], 0.01) == 7.0


def test_percentile_of_nothing_is_refused() -> None:
    """No samples have no quantile."""
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 0.5)


def test_median_ratio_survives_a_round_that_was_noisy_for_both() -> None:
    """A round in which everything took ten times as long does not move the ratio."""
    assert median_ratio([20.0, 210.0, 22.0], [10.0, 100.0, 11.0]) == 2.0


def test_median_ratio_wants_the_same_rounds_on_both_sides() -> None:
    """Rounds that do not pair up are a mistake, not a shorter comparison."""
    with pytest.raises(ValueError, match="shorter"):
        median_ratio([1.0, 2.0], [1.0])


def test_the_quieter_half_is_chosen_by_its_noise_alone() -> None:
    """A slow round counts when the machine was quiet; a fast one does not when it was not."""
    rounds = [{"p50": 9.0, "noise": 0.0}, {"p50": 1.0, "noise": 0.5}, {"p50": 7.0, "noise": 0.1}]
    assert [one["p50"] for one in quieter_half(rounds, "noise")] == [9.0, 7.0]
    assert quiet_median(rounds, "noise", "p50") == 8.0


def test_last_gap_takes_the_last_mark_of_each_stretch() -> None:
    """Marks before the start or after the end of a stretch belong to others; no mark is a gap of zero."""
    marks = [900_000, 1_500_000, 3_000_000, 9_000_000]
    assert last_gap_ms([1_000_000, 5_000_000], [4_000_000, 8_000_000], marks) == [2.0, 0.0]
