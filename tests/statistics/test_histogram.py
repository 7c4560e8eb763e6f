"""The latency histogram: every latency has a bucket, and a quantile is never far off."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.statistics.histogram import BUCKETS, bucket_of, quantile, upper_bound

LATENCY = st.one_of(st.integers(0, 5_000), st.integers(0, 2**33 - 1))


def counted(latencies: list[int]) -> list[int]:
    """Return the histogram of some latencies."""
    counts = [0] * BUCKETS
    for latency in latencies:
        counts[bucket_of(latency)] += 1
    return counts


@given(LATENCY)
def test_a_latency_lies_within_its_bucket(latency: int) -> None:
    """A bucket begins where the one before it ends and holds what is below its own end."""
    bucket = bucket_of(latency)
    assert (upper_bound(bucket - 1) if bucket else 0) <= latency < upper_bound(bucket)


def test_buckets_grow_and_none_is_wider_than_a_quarter_of_where_it_begins() -> None:
    """Bounds are strictly increasing from 1 µs to 2**33 µs."""
    bounds = [upper_bound(bucket) for bucket in range(BUCKETS)]
    assert (bounds[0], bounds[-1]) == (1, 2**33)
    for low, high in pairwise(bounds):
        assert 0 < high - low <= max(1, low // 4)


def test_the_ends() -> None:
    """A clock gone back counts as 0; what takes longer than the last bucket is counted in it."""
    assert bucket_of(-5) == bucket_of(0) == 0
    assert bucket_of(2**33) == bucket_of(2**60) == BUCKETS - 1


@given(st.lists(LATENCY, min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_a_quantile_is_near_the_latency_of_that_rank(latencies: list[int], q: float) -> None:
    """It lies in the bucket of the latency that this part of all do not exceed: 25 % off at most."""
    found = quantile(counted(latencies), q)
    assert found is not None
    exact = sorted(latencies)[max(0, -int(-q * len(latencies) // 1) - 1)]
    bucket = bucket_of(exact)
    assert (upper_bound(bucket - 1) if bucket else 0) <= found <= upper_bound(bucket)


@given(st.lists(LATENCY, min_size=1, max_size=60))
def test_quantiles_grow_with_their_rank(latencies: list[int]) -> None:
    """p99 is never below p50."""
    counts = counted(latencies)
    found = [quantile(counts, q) or 0.0 for q in (0.1, 0.5, 0.9, 0.99)]
    assert found == sorted(found)


def test_quantiles_of_known_latencies() -> None:
    """None without data; one value is its own quantile; within a bucket it is linear."""
    assert quantile([0] * BUCKETS, 0.5) is None
    assert quantile(counted([3]), 0.5) == 3.5
    assert quantile(counted([2] * 50 + [6] * 50), 0.25) == 2.5
    assert quantile(counted([2] * 50 + [6] * 50), 0.75) == 6.5
