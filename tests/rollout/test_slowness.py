"""How often stretched latencies exceed the thresholds of those that are not."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rollout.slowness import RAREST, part_above, slow_parts, slow_risks
from gateway.routing.judges import LatencyJudge
from gateway.statistics.histogram import BUCKETS, bucket_of

RNG = random.Random(4)
LATENCIES = [round(20_000 * math.exp(RNG.gauss(0, 0.6))) for _ in range(20_000)]
JUDGE = LatencyJudge()
QUANTILES = JUDGE.quantiles


def counted(latencies: list[int]) -> list[int]:
    """Return a histogram."""
    counts = [0] * BUCKETS
    for latency in latencies:
        counts[bucket_of(latency)] += 1
    return counts


HISTOGRAM = counted(LATENCIES)


@pytest.mark.parametrize("size", [1.1, 1.5, 2.0])
def test_stretched_latencies_exceed_as_often_as_real_ones(size: float) -> None:
    """Within what the histogram's buckets blur."""
    ordered = sorted(LATENCIES)
    for q, risk in zip(QUANTILES, slow_risks(HISTOGRAM, JUDGE, size), strict=True):
        threshold = ordered[int(q * len(ordered))]
        above = sum(latency * size > threshold for latency in LATENCIES) / len(LATENCIES)
        assert risk == pytest.approx(above / (1 - q), rel=0.15)


@given(size=st.floats(1.0, 5.0))
def test_a_slower_version_is_never_less_often_beyond(size: float) -> None:
    """Nor more often than always."""
    for q, risk in zip(QUANTILES, slow_risks(HISTOGRAM, JUDGE, size), strict=True):
        assert 1.0 <= risk <= 1 / (1 - q) + 1e-9


def test_stable_exceeds_its_own_quantiles_as_often_as_they_say() -> None:
    """Measured or not."""
    assert slow_parts(HISTOGRAM, JUDGE) == pytest.approx([0.5, 0.05, 0.01], rel=1e-6)
    assert slow_parts([0] * BUCKETS, JUDGE) == pytest.approx([0.5, 0.05, 0.01])


def test_what_is_quick_enough_is_not_slow() -> None:
    """Stable's median is 20 ms: below 60 ms nobody minds, so only a much slower version is found at p50."""
    judge = LatencyJudge(ignore_below=0.06)
    at_p50, _, at_p99 = slow_parts(HISTOGRAM, judge)
    assert at_p50 == pytest.approx(sum(latency > 60_000 for latency in LATENCIES) / len(LATENCIES), rel=0.1)
    assert at_p99 == pytest.approx(0.01, rel=1e-6), "p99 lies above 60 ms"
    assert slow_parts(HISTOGRAM, LatencyJudge(ignore_below=3600.0)) == [RAREST] * 3
    assert slow_risks(HISTOGRAM, LatencyJudge(ignore_below=3600.0), 2.0) == [1.0] * 3


def test_all_and_nothing_lie_above() -> None:
    """Above no time lies everything, above the longest nothing; within a bucket it is even."""
    assert part_above(HISTOGRAM, 0.0) == 1.0
    assert part_above(HISTOGRAM, 2.0**40) == 0.0
    assert part_above([0, 0, 0, 0, 0, 0, 0, 4], 7.5) == 0.5
