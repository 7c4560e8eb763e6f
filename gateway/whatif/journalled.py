"""The plans that were live, by their revision, read from the journal one by one and only where asked for."""

from __future__ import annotations

import sqlite3

from gateway.routing import journal
from gateway.routing.plan import RoutingPlan

REMEMBERED = 64


class Journalled:
    """The plans in an open journal; the latest few that were asked for are remembered."""

    __slots__ = ("_connection", "_plans", "missing")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._plans: dict[int, RoutingPlan | None] = {}
        self.missing: set[int] = set()

    def get(self, revision: int, /) -> RoutingPlan | None:
        """Return a plan, None where it is no longer kept; `missing` then has its revision."""
        if revision not in self._plans:
            if len(self._plans) >= REMEMBERED:
                self._plans.pop(next(iter(self._plans)))
            found = journal.find(self._connection, revision)
            self._plans[revision] = found.plan if found else None
            if found is None:
                self.missing.add(revision)
        return self._plans[revision]
