"""What a route gets just now, as the workers' tallies tell it: the traffic that a plan assumes."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gateway.monitoring.tally_layout import (
    BAD_GATEWAY,
    FALLBACK,
    SERVER_ERROR,
    TIMEOUT,
    UNAVAILABLE,
)
from gateway.monitoring.tally_read import Count, read
from gateway.rollout.outlook import Traffic
from gateway.routing.places import Places
from gateway.routing.plan import Route
from gateway.statistics.histogram import BUCKETS

BAD = (SERVER_ERROR, UNAVAILABLE, BAD_GATEWAY, TIMEOUT, FALLBACK)
"""What the judge calls a bad event and the tallies tell apart. A client that left is not among them: whether
it did so before its answer began is not tallied."""
ENOUGH = 1000
"""Requests of stable that the last seconds must hold, lest all be used that were counted since the start."""


def recent_traffic(places: Places, route: Route, now: float | None = None) -> Traffic | None:
    """Return the route's traffic of the last seconds; None where it has none.

    `now` is in monotonic seconds. Its error rate is never 0: where no answer failed, half an answer is taken
    to have, since a version can only be compared with a stable that fails at times.
    """
    counts = [count for count in _counts(places, now) if count.route == route.name]
    rate = math.fsum(
        sum(count.recent_outcomes[:FALLBACK]) / max(count.recent_seconds, 1.0)
        for count in counts
        if count.recent_seconds > 0
    )
    own = [count for count in counts if count.service == route.stable]
    if not rate or not own:
        return None
    outcomes, histogram = _added([count.recent_outcomes for count in own]), [0] * BUCKETS
    window = "the last seconds"
    if sum(outcomes) >= ENOUGH:
        histogram = _added([count.recent_histogram for count in own])
    else:
        window = "all since the gateway was started"
        outcomes = _added([count.outcomes for count in own])
        histogram = _added([count.histogram for count in own])
    requests, bad = sum(outcomes), sum(outcomes[outcome] for outcome in BAD)
    if not requests:
        return None
    source = f"{bad:,} of {requests:,} answers of {route.stable} failed ({window})"
    return Traffic(rate, max(bad, 0.5) / requests, tuple(histogram), source, stable_part(route))


def stable_part(route: Route) -> float:
    """Return stable's part of what a canary would leave over: 1 unless other services have a share.

    What a canary has already is left out, as the canary is any service but the one with most of the rest.
    """
    weights = dict(route.weights)
    progress = route.progress
    canary = progress.canary if progress is not None and progress.is_active else ""
    others = sum(units for name, units in weights.items() if name != canary)
    return weights.get(route.stable, 0) / others if others and weights.get(route.stable, 0) else 1.0


def _counts(places: Places, now: float | None) -> Iterable[Count]:
    for path in places.tallies():
        try:
            yield from read(path, now)[1]
        except (OSError, ValueError):
            continue  # only just being made, or gone by now


def _added(rows: list[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]
