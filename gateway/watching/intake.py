"""Takes in what is new in the log, piece by piece: each is read, counted and kept with how far it goes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.requestlog.formats import literal
from gateway.requestlog.labels_seal import label_files, reading
from gateway.requestlog.lake import connect
from gateway.requestlog.policy import LabelPolicy
from gateway.routing.journal import in_one_piece
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.watching import decays, store, summarise
from gateway.watching.harvests import READ, SECOND, Harvest, Look
from gateway.watching.ingest import harvest
from gateway.watching.references import Models

if TYPE_CHECKING:
    from gateway.requestlog.lake import Lake

PIECE = 200_000
"""Records that a piece holds at most, but for a second with more: they are in memory while counted."""
MEMORY = "512MB"


@dataclass(slots=True)
class Taken:
    """What was taken in: how many records and labels, and what could not be counted."""

    records: int = 0
    labels: int = 0
    problems: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Intake:
    """One look at the log, which is opened once."""

    places: Places
    plan: RoutingPlan
    models: Models
    store: sqlite3.Connection

    def take(self, upto: int, is_late: Callable[[], bool]) -> Taken:
        """Take in what there is up to a time (µs), until it `is_late`; return what that was."""
        policies = {route.name: route.log.labels for route in self.plan.routes if route.log is not None}
        marks = store.marks(self.store)
        after = marks.get(READ, -1)
        if after >= upto:
            return Taken()
        has_labels = self._has_labels(after)
        with self._log(policies, has_labels=has_labels) as lake:
            return self._pieces(lake, after, upto, is_late, has_labels=has_labels)

    def _log(self, policies: Mapping[str, LabelPolicy], *, has_labels: bool) -> Lake:
        wanted = "" if has_labels else "requests gaps"
        return connect(self.places.log, policies=policies, threads=1, memory_limit=MEMORY, wanted=wanted)

    def _has_labels(self, after: int) -> bool:
        """Tell whether a file of labels has been written to since."""
        return any(_written(path) + SECOND >= after for path in label_files(self.places.log))

    def _pieces(
        self, lake: Lake, after: int, upto: int, is_late: Callable[[], bool], *, has_labels: bool
    ) -> Taken:
        taken = Taken()
        source = label_source(lake) if has_labels else ""
        for end in pieces(summarise.per_second(lake.connection, after, upto), upto):
            look = Look(
                lake.connection,
                self.plan,
                self.models,
                store.marks(self.store),
                store.states(self.store, "first"),
                source,
            )
            found = harvest(look, after, end)
            self._keep(found, after)
            after = end
            taken.records += found.records
            taken.labels += found.labels
            taken.problems |= found.problems
            if is_late():
                break
        return taken

    def _keep(self, found: Harvest, after: int) -> None:
        with in_one_piece(self.store):
            if store.marks(self.store).get(READ, -1) != after:
                return  # somebody else has taken this in meanwhile
            store.add(self.store, found.summaries)
            store.set_bases(self.store, found.bases)
            store.set_states(self.store, "first", dict(found.firsts))
            store.set_marks(self.store, found.marks)
            decays.follow(self.store)


def _written(path: Path) -> float:
    """Return when (µs) a file was written to last, by a clock that may be some milliseconds behind."""
    try:
        return path.stat().st_mtime * SECOND
    except FileNotFoundError:
        return inf  # sealed since it was listed: what it held is in a newer file


def label_source(lake: Lake) -> str:
    """Return the query for all labels that a lake has."""
    found = {file: pin for file, pin in lake.pins.names.items() if pin in lake.pins.of("labels")}
    query = reading(found)
    for file, pin in found.items():
        query = query.replace(literal(file), literal(pin))
    return query


def pieces(seconds: list[tuple[int, int]], upto: int) -> list[int]:
    """Return where each piece ends (µs), from the count of records in each second up to a time."""
    ends: list[int] = []
    held = 0
    for second, count in seconds:
        if held and held + count > PIECE:
            ends.append(second * SECOND - 1)
            held = 0
        held += count
    return [*(end for end in ends if end < upto), upto]
