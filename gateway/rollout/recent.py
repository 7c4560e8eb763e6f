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

BAD = (SERVER_ERROR, UNAVAILABLE, BAD_GATEWAY, TIMEOUT, FALLBACK)
"""What the judge calls a bad event and the tallies tell apart. A client that left is not among them: whether
it did so before its answer began is not tallied."""
ENOUGH = 1000
"""Requests of stable that the last seconds must hold, lest all be used that were counted since the start."""


def recent_traffic(
    places: Places, route: Route, canary: str = "", now: float | None = None
) -> Traffic | None:
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
    outcomes, histogram, window = _stable(own)
    requests, bad = sum(outcomes), sum(outcomes[outcome] for outcome in BAD)
    if not requests:
        return None
    source = f"{bad:,} of {requests:,} answers of {route.stable} failed ({window})"
    return Traffic(rate, max(bad, 0.5) / requests, histogram, source, stable_part(route, canary))


def _stable(counts: list[Count]) -> tuple[list[int], tuple[int, ...], str]:
    """Return stable's outcomes and latencies, and since when."""
    outcomes = _added([count.recent_outcomes for count in counts])
    if sum(outcomes) >= ENOUGH:
        return outcomes, tuple(_added([count.recent_histogram for count in counts])), "in the last seconds"
    outcomes = _added([count.outcomes for count in counts])
    return outcomes, tuple(_added([count.histogram for count in counts])), "since the gateway was started"


def stable_part(route: Route, canary: str) -> float:
    """Return stable's part of what a canary leaves over: 1 unless other services have a share too."""
    others = {name: units for name, units in route.weights if name != canary}
    stable = others.get(route.stable, 0)
    return stable / sum(others.values()) if stable else 1.0


def _counts(places: Places, now: float | None) -> Iterable[Count]:
    for path in places.tallies():
        try:
            yield from read(path, now)[1]
        except (OSError, ValueError):
            continue  # only just being made, or gone by now


def _added(rows: list[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]
