"""What a route gets just now, as the workers' tallies tell it: the traffic that a plan assumes."""

from __future__ import annotations

import time
from collections.abc import Iterator

from gateway.monitoring.tally_layout import (
    BAD_GATEWAY,
    FALLBACK,
    SERVER_ERROR,
    TIMEOUT,
    UNAVAILABLE,
)
from gateway.monitoring.tally_rate import rate_of
from gateway.monitoring.tally_read import Count, WorkerState, read
from gateway.rollout.outlook import Traffic
from gateway.routing.places import Places
from gateway.routing.plan import Route

BAD = (SERVER_ERROR, UNAVAILABLE, BAD_GATEWAY, TIMEOUT, FALLBACK)
"""What the judge calls a bad event and the tallies tell apart. A client that left is not among them: whether
it did so before its answer began is not tallied."""
LEAST_ERRORS = 0.0005
"""What part of stable's answers is taken to fail where none was seen to: a version can only be compared with
a stable that fails at times. It is the same for any number of answers, so that a plan does not change with
every look."""


def recent_traffic(
    places: Places, route: Route, canary: str = "", now: float | None = None
) -> Traffic | None:
    """Return the route's traffic; None where it has none of late, or stable has answered nothing.

    `now` is in monotonic seconds. The rate is that of the last seconds; errors and latencies are all that
    stable has had since the gateway was started, since those of a few seconds differ with every look.
    """
    at = time.monotonic() if now is None else now
    looked = list(_read(places, at))
    pace = rate_of((state for state, _ in looked), route.name, at)
    own = [c for _, counts in looked for c in counts if (c.route, c.service) == (route.name, route.stable)]
    if not pace.per_second or not own:
        return None
    outcomes = _added([count.outcomes for count in own])
    requests, bad = sum(outcomes), sum(outcomes[outcome] for outcome in BAD)
    if not requests:
        return None
    answers = f"{requests:,} answers of {route.stable} since the gateway was started failed"
    source = f"{bad:,} of {answers}" if bad else f"none of {answers}; taken as {100 * LEAST_ERRORS:g} %"
    histogram = tuple(_added([count.histogram for count in own]))
    errors = bad / requests if bad else LEAST_ERRORS
    return Traffic(pace.per_second, errors, histogram, source, stable_part(route, canary), pace.seconds)


def stable_part(route: Route, canary: str) -> float:
    """Return stable's part of what a canary leaves over: 1 unless other services have a share too."""
    others = {name: units for name, units in route.weights if name != canary}
    stable = others.get(route.stable, 0)
    return stable / sum(others.values()) if stable else 1.0


def _read(places: Places, now: float) -> Iterator[tuple[WorkerState, list[Count]]]:
    for path in places.tallies():
        try:
            yield read(path, now)
        except (OSError, ValueError):
            continue  # only just being made, or gone by now


def _added(rows: list[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]
