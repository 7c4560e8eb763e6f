"""Beyond which latency an answer counts as slow: stable's own quantiles, frozen once for a whole rollout.

They come from what stable did lately, so that a rollout has them from its first request on. Where that was
too little, they come from what stable has done since the rollout began, once it is enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.monitoring.tally_read import Count, read
from gateway.routing.places import Places
from gateway.routing.plan import Route
from gateway.statistics.histogram import BUCKETS, quantile

ENOUGH = 200
"""Answers of stable below which its quantiles say too little."""


def thresholds(places: Places, route: Route) -> tuple[int, ...]:
    """Return beyond how many microseconds an answer is slow, for each quantile that routing.yaml names.

    Empty where none is asked for, or where stable has not answered often enough yet.
    """
    judged = route.rules.judge.latency
    if judged is None:
        return ()
    ignored = round(judged.ignore_below * 1e6)
    return tuple(max(found, ignored) for found in from_counts(_counts(places), route, judged.quantiles))


def from_counts(counts: Iterable[Count], route: Route, quantiles: tuple[float, ...]) -> tuple[int, ...]:
    """Return the quantiles of a route's stable service from tallies; empty where they are too few."""
    progress = route.progress if route.progress and route.progress.is_active else None
    recent, since_began = [0] * BUCKETS, [0] * BUCKETS
    for count in counts:
        if (count.route, count.service) == (route.name, route.stable):
            recent = _plus(recent, count.recent_histogram)
            if progress is not None and count.since >= progress.id:
                since_began = _plus(since_began, count.histogram)
    for histogram in (recent, since_began):
        if sum(histogram) >= ENOUGH:
            return tuple(_microseconds(histogram, q) for q in quantiles)
    return ()


def _counts(places: Places) -> Iterable[Count]:
    for path in places.tallies():
        try:
            yield from read(path)[1]
        except FileNotFoundError:
            continue  # its worker was taken away between the look at the folder and this one


def _microseconds(histogram: list[int], q: float) -> int:
    found = quantile(histogram, q)
    assert found is not None  # there are enough
    return max(round(found), 1)


def _plus(one: list[int], other: list[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]
