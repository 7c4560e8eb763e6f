"""What one look at the log is made with, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.routing.plan import RoutingPlan
from gateway.watching.references import Models
from gateway.watching.store import Place
from gateway.watching.summary import Summary, added

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SECOND = 1_000_000
DAY = 86_400 * SECOND
READ, TIME = "read", "time"
"""Marks: how far the log has been read, and by route the latest time that a prediction gave for itself."""
GATEWAY = ""
"""The route under which what concerns all of them is kept."""
GATEWAY_EVERY = 60 * SECOND
SOON = 60 * SECOND
"""How far in the future a prediction's own time may lie."""


@dataclass(slots=True)
class Harvest:
    """What one look found."""

    summaries: dict[Place, Summary] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    bases: list[tuple[str, str, str, int, str]] = field(default_factory=list)
    firsts: dict[tuple[str, ...], str] = field(default_factory=dict)
    problems: set[str] = field(default_factory=set)
    records: int = 0
    labels: int = 0

    def add(self, place: Place, summary: Summary) -> None:
        """Add a summary to what there is of the same bucket."""
        before = self.summaries.get(place)
        self.summaries[place] = summary if before is None else added(before, summary)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look is made with: the log, the plan, what was known before, and the query for all labels."""

    connection: DuckDBPyConnection
    plan: RoutingPlan
    models: Models
    marks: Mapping[str, int]
    firsts: Mapping[tuple[str, ...], Any]
    labels: str = ""
