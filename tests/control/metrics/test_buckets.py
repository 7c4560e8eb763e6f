"""Histograms of tallies as buckets of /metrics."""

from __future__ import annotations

from itertools import pairwise

import pytest

from gateway.control.metrics.buckets import OCTAVES, buckets, octave_buckets
from gateway.monitoring import tally_layout
from gateway.statistics.histogram import BUCKETS, upper_bound


def test_octaves_become_cumulative_buckets() -> None:
    """As many as the tally has, each bound twice the one before, the last without one."""
    found = octave_buckets([1] * tally_layout.OCTAVES)
    assert [count for _, count in found] == list(range(1, tally_layout.OCTAVES + 1))
    assert all(float(b) == pytest.approx(2 * float(a)) for (a, _), (b, _) in pairwise(found[:-1]))
    assert found[-1][0] == "+Inf"


def test_buckets_end_at_octaves_and_never_shrink() -> None:
    """Each bound is twice the one before; what lies above the last is in +Inf alone."""
    histogram = [1] * BUCKETS
    found = buckets(histogram)
    bounds = [float(bound) for bound, _ in found[:-1]]
    assert bounds[0] == 64e-6
    assert all(b == pytest.approx(2 * a) for a, b in pairwise(bounds))
    counts = [count for _, count in found]
    assert counts == sorted(counts)
    assert found[-1] == ("+Inf", float(BUCKETS))
    assert counts[-2] < counts[-1]
    assert upper_bound(OCTAVES[-1]) == 2**30
