"""A latency histogram of fixed size: four buckets to every doubling, so a quantile is off by 25 % at most.

Latencies are whole microseconds. Below 8 µs every value has a bucket of its own; the last bucket ends at
2**33 µs (two hours and a half) and takes everything above.
"""

from __future__ import annotations

from collections.abc import Sequence

BUCKETS = 128
_LAST = BUCKETS - 1


def bucket_of(microseconds: int) -> int:
    """Return the bucket of a latency; negative values (a clock gone back) count as 0."""
    if microseconds < 4:
        return microseconds if microseconds > 0 else 0
    shift = microseconds.bit_length() - 3
    index = (shift << 2) + (microseconds >> shift)
    return index if index < _LAST else _LAST


def upper_bound(bucket: int) -> int:
    """Return the first latency in microseconds that lies above a bucket."""
    if bucket < 4:
        return bucket + 1
    shift = (bucket >> 2) - 1
    return ((bucket & 3) + 5) << shift


def quantile(counts: Sequence[int], q: float) -> float | None:
    """Return the q-quantile (0 < q < 1) in microseconds, linear within its bucket; None without data."""
    total = sum(counts)
    if not total:
        return None
    rank = q * total
    below = 0
    for bucket, count in enumerate(counts):
        if count and below + count >= rank:
            low = upper_bound(bucket - 1) if bucket else 0
            return low + (upper_bound(bucket) - low) * (rank - below) / count
        below += count
    return float(upper_bound(_LAST))
