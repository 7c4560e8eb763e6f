"""What was watched, over time: each value in windows one after another, and how values spread.

Both come from the summaries in watch.db by the functions that alarms are raised by, so a line here ends where
`GET /api/v1/monitors/{route}` stands.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.watches import SIGNALS
from gateway.watching import clocks, evaluate, store
from gateway.watching.basis import Binning
from gateway.watching.clocks import Clock
from gateway.watching.evaluate import Look
from gateway.watching.harvests import SECOND
from gateway.watching.sentences import time_of
from gateway.watching.signals import Signal, counts
from gateway.watching.summary import Predictions, Values, total
from gateway.watching.windows import FIELD_GROUPS, Window, bases

MOST, USUAL = 48, 12
"""Windows that a course has."""


def course(places: Places, plan: RoutingPlan, route: str, windows: int) -> dict[str, Any]:
    """Return every value of a route in its last windows, oldest first; null where nothing can be said."""
    series: list[dict[str, Any]] = []
    if places.watch.exists():
        with store.opened(places.watch) as connection:
            for clock, moment in _clocks(connection, plan, route):
                series += _series(Look(connection, plan), clock, moment, windows)
    return {"route": route, "series": series}


def _clocks(connection: sqlite3.Connection, plan: RoutingPlan, route: str) -> Iterator[tuple[Clock, int]]:
    marks = store.marks(connection)
    for clock in clocks.clocks(plan, marks):
        moment = marks.get(clock.mark)
        if clock.route == route and moment is not None:
            yield clock, moment


def _series(at: Look, clock: Clock, moment: int, windows: int) -> Iterator[dict[str, Any]]:
    ends = [moment - back * clock.window for back in reversed(range(windows))]
    found: dict[tuple[str, str, str], list[Signal | None]] = {}
    for number, end in enumerate(ends):
        sight = evaluate.sight_of(at, end)
        for key, signal in evaluate.signals_at(sight, clock, Window(end - clock.window, end)).items():
            found.setdefault(key, [None] * windows)[number] = signal
    for (name, version, field), signals in found.items():
        yield {
            "group": SIGNALS[name][0],
            "signal": name,
            "version": version,
            "field": field,
            "until": time_of(moment / SECOND),
            "window_seconds": clock.window / SECOND,
            "values": [signal.value if signal else None for signal in signals],
            "n": [signal.n if signal else 0 for signal in signals],
        }


def spread(places: Places, plan: RoutingPlan, route: str) -> list[dict[str, Any]]:
    """Return how the values of each field lie in the reference's bins, in the last window and in training.

    `now` and `reference` are shares of the values that are there, in the order of `bins`.
    """
    if not places.watch.exists():
        return []
    with store.opened(places.watch) as connection:
        of_fields = [
            (clock, at) for clock, at in _clocks(connection, plan, route) if clock.groups & FIELD_GROUPS
        ]
        return [
            one
            for clock, moment in of_fields
            for one in _spread(connection, route, moment - clock.window, moment)
        ]


def _spread(connection: sqlite3.Connection, route: str, start: int, end: int) -> Iterator[dict[str, Any]]:
    found = store.window(connection, "predictions", route, start, end)
    for version, (digest, basis) in bases(connection, route).items():
        of = total(Predictions, (summary for _, summary in found.get((version, digest), [])))
        for side, binnings, values in (
            ("inputs", basis.inputs, of.inputs),
            ("outputs", basis.outputs, of.outputs),
        ):
            for binning in binnings:
                now = counts(binning, values.get(binning.name, Values()).bins)
                if sum(now) and sum(binning.counts):
                    yield {
                        "version": version,
                        "side": side,
                        "field": binning.name,
                        "reference_of": basis.source,
                        "bins": names_of(binning),
                        "now": _shares(now),
                        "reference": _shares(binning.counts),
                        "n": sum(now),
                    }


def names_of(binning: Binning) -> list[str]:
    """Return what is in each bin, in words."""
    if binning.scale == "category":
        return [*binning.categories, "others"]
    if binning.scale == "flag":
        return ["false", "true"]
    edges = [f"{edge:g}" for edge in binning.edges]
    if not edges:
        return ["all"]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"up to {edges[0]}", *between, f"above {edges[-1]}"]


def _shares(counted: list[int] | tuple[int, ...]) -> list[float]:
    whole = sum(counted)
    return [count / whole for count in counted]
