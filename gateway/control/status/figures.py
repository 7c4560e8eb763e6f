"""The arithmetic of `status`: from counters of several workers and intervals to shares, rates, quantiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy

from gateway.monitoring.tally import (
    BAD_GATEWAY,
    FALLBACK,
    LIMITS,
    OUTCOMES,
    SERVER_ERROR,
    TIMEOUT,
    UNAVAILABLE,
    Count,
)
from gateway.monitoring.tally_layout import OCTAVE_SHIFT
from gateway.statistics.histogram import BUCKETS, quantile

ERRORS = (SERVER_ERROR, UNAVAILABLE, BAD_GATEWAY, TIMEOUT)
"""The outcomes that are the service's fault."""


def by_version(counts: Iterable[Count]) -> dict[tuple[str, str], list[Count]]:
    """Group counts by route and service."""
    found: dict[tuple[str, str], list[Count]] = {}
    for count in counts:
        found.setdefault((count.route, count.service), []).append(count)
    return found


def merged(counts: Iterable[Count]) -> Count:
    """Return the sum of counts; of none, a count of nothing."""
    total = Count("", "", 0, [0] * len(OUTCOMES), 0, [0] * BUCKETS, 0.0, [0] * len(OUTCOMES), [0] * BUCKETS)
    for count in counts:
        total.add(copy(count))
        total.route, total.service = count.route, count.service
    return total


def requests_since(counts: Iterable[Count], since: int) -> int:
    """Return the requests that ended in one interval of constant weights."""
    return sum(count.requests for count in of_interval(counts, since))


def of_interval(counts: Iterable[Count], since: int) -> list[Count]:
    """Return what was counted in one interval of constant weights.

    What is recent is asked of these: the window reaches back 10 to 20 s, and right after a change of weights
    most of it would be of the weights before.
    """
    return [count for count in counts if count.since == since]


def window_seconds(counts: Iterable[Count]) -> float:
    """Return how far back the recent window of any of these reaches, in seconds; 0 without a count."""
    return max((count.recent_seconds for count in counts), default=0.0)


def shares(requests: Mapping[str, float]) -> dict[str, float]:
    """Return each service's part of the requests in percent, all 0 where there were none."""
    total = sum(requests.values())
    return {name: 100 * count / total if total else 0.0 for name, count in requests.items()}


def version_rates(counts: Mapping[str, Sequence[Count]], since: int, total: float) -> dict[str, float | None]:
    """Divide a route's requests per second among its versions, as they had them of late.

    Of late under the present weights only: the first second of an interval has no rate of its own that means
    anything, but the route's goes on through a change of weights. None where nothing was answered yet under
    these weights, while the route has traffic.
    """
    recent = {
        name: sum(sum(count.recent_outcomes[:FALLBACK]) for count in of_interval(found, since))
        for name, found in counts.items()
    }
    if not total or not any(recent.values()):
        return dict.fromkeys(recent, None if total else 0.0)
    return {name: round(total * share / 100, 3) for name, share in shares(recent).items()}


def error_ratio(outcomes: Sequence[int]) -> float:
    """Return which part of the requests failed by the service's fault, from 0 to 1; 0 without requests."""
    total = sum(outcomes[:FALLBACK])
    return sum(outcomes[outcome] for outcome in ERRORS) / total if total else 0.0


def milliseconds(histogram: Sequence[int], q: float) -> float | None:
    """Return the q-quantile of a latency histogram in milliseconds, None without data."""
    found = quantile(histogram, q)
    return None if found is None else round(found / 1000, 3)


def octave_bound(octave: int) -> int:
    """Return the first time in microseconds that lies above an octave of times to first byte."""
    return int(1 << (octave + OCTAVE_SHIFT))


def first_byte_milliseconds(octaves: Sequence[int], q: float) -> float | None:
    """Return the q-quantile of times to first byte in milliseconds, None without data.

    Within its octave a time is placed evenly on the logarithmic scale, so it is off by a factor of two at
    most; whatever lies above the last bound is given as that bound.
    """
    rank = q * sum(octaves)
    below = 0
    for octave, count in enumerate(octaves):
        if count and below + count >= rank:
            if octave == len(octaves) - 1:
                return octave_bound(octave - 1) / 1000
            share = (rank - below) / count
            low = octave_bound(octave) / 2
            return round(low * 2**share / 1000, 3)
        below += count
    return None


def limit_hits(hits: Iterable[Sequence[int]]) -> dict[str, int]:
    """Return how often each limit held, by its name, from the numbers of several workers."""
    total = [0] * len(LIMITS)
    for of_worker in hits:
        total = [a + b for a, b in zip(total, of_worker, strict=True)]
    return dict(zip(LIMITS, total, strict=True))
