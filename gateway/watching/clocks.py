"""When what is to be looked at: each route has a course of time, and another if predictions say it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.routing.plan import RoutingPlan
from gateway.routing.watches import GROUPS, Group
from gateway.watching.harvests import GATEWAY, GATEWAY_EVERY, READ, SECOND, TIME
from gateway.watching.windows import FIELD_GROUPS

SOFTWARE: frozenset[Group] = frozenset({"software"})
MOST_BEHIND = 2_880
"""Looks at most that are caught up with; older minutes are hours by then."""
GATEWAY_WINDOW = 3_600 * SECOND


@dataclass(frozen=True, slots=True)
class Clock:
    """One course of time: a route's groups, looked at every so often, from which mark on up to where."""

    route: str
    groups: frozenset[Group]
    every: int
    window: int
    mark: str
    upto: int

    def due(self, marks: Mapping[str, int], begin: int) -> range:
        """Return the moments that are to be looked at; `begin` is when its data do."""
        last = self.upto // self.every * self.every
        before = marks.get(self.mark, begin // self.every * self.every)
        return range(max(before, last - MOST_BEHIND * self.every) + self.every, last + 1, self.every)


def begin_of(connection: sqlite3.Connection, route: str, upto: int) -> int:
    """Return when the data of a route begin (µs), at `upto` the latest."""
    row = connection.execute("SELECT min(start) FROM summaries WHERE route = ?", (route,)).fetchone()
    return upto if row[0] is None else min(int(row[0]), upto)


def clocks(plan: RoutingPlan, marks: Mapping[str, int]) -> Iterator[Clock]:
    """Yield every course of time there is, with how far its data go."""
    read = marks.get(READ)
    if read is None:
        return
    yield Clock(GATEWAY, frozenset(), GATEWAY_EVERY, GATEWAY_WINDOW, "seen:", read)
    for route in plan.routes:
        if route.log is None or not route.monitor.groups:
            continue
        every = round(route.monitor.every * SECOND)
        window = max(round(route.monitor.window * SECOND) // every, 1) * every
        own = marks.get(f"{TIME}:{route.name}") if route.monitor.time else read
        together = frozenset(GROUPS) if not route.monitor.time else SOFTWARE
        yield Clock(route.name, together, every, window, f"looked:{route.name}", read)
        if route.monitor.time and own is not None:
            yield Clock(route.name, FIELD_GROUPS, every, window, f"looked at own time:{route.name}", own)
