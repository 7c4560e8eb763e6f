"""Exact intervals, and quantiles of what is partly unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from benchmarks.prove.interval import exact_interval, quantile_within


@given(runs=st.integers(1, 3_000), part=st.floats(0, 1))
def test_the_interval_is_what_the_binomial_says(runs: int, part: float) -> None:
    """At either end, so many hits or more (or fewer) have a chance of 2.5 %."""
    hits = round(part * runs)
    low, high = exact_interval(hits, runs)
    assert low <= hits / runs <= high
    if hits:
        assert binom.sf(hits - 1, runs, low) == pytest.approx(0.025, rel=1e-6)
    if hits < runs:
        assert binom.cdf(hits, runs, high) == pytest.approx(0.025, rel=1e-6)


def test_what_is_no_rate_is_refused() -> None:
    """More hits than runs, or no run at all."""
    for hits, runs in ((3, 2), (-1, 2), (0, 0)):
        with pytest.raises(ValueError, match="no rate"):
            exact_interval(hits, runs)


def test_unknown_values_are_large_ones() -> None:
    """A median is known while more than half of the values are."""
    assert quantile_within([5, None, 1, 3], 0.5) == 3
    assert quantile_within([5, None, 1, 3], 0.9) is None
    assert quantile_within([None, None, 1], 0.5) is None
    assert quantile_within([], 0.5) is None
