"""What has happened in a rollout so far: each event with who and why, and the evidence as it was noted.

Both come from the journal, which keeps them over restarts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from gateway.control.pages.metric_view import towards
from gateway.control.readings import iso_time
from gateway.rollout.ports import Decided
from gateway.rollout.record import recorded
from gateway.rollout.transitions import told, transitions
from gateway.routing import journal
from gateway.routing.journal import Revision
from gateway.routing.places import Places

LOOKED_AT: Final = 300
"""Revisions in which events are looked for, the latest."""
POINTS: Final = 150
"""Points of the past that a chart begins with."""
EVENTS: Final = {
    "started": "started",
    "step": "next step",
    "paused": "paused",
    "held": "paused, asks for a person",
    "resumed": "resumed",
    "promoted": "became stable",
    "failed": "taken back by the judge",
    "aborted": "taken back by a person",
    "rolled_back": "rolled back",
    "taken_over": "ended by a change by hand",
}


def events(places: Places, route: str) -> list[dict[str, Any]]:
    """Return what happened to a route's rollouts, newest first, each with its author and reason."""
    with journal.opened(places.journal) as connection:
        newest_first = journal.latest(connection, LOOKED_AT)
    return [event for event in events_of(newest_first) if event["route"] == route]


def events_of(newest_first: Sequence[Revision]) -> Iterator[dict[str, Any]]:
    """Yield every event of any rollout between the given revisions, newest first."""
    for entry, before in pairwise(newest_first):
        for transition in transitions(before.plan, entry.plan, entry.action):
            found = told(transition, entry.revision, entry.at, entry.author)
            yield {
                **found,
                "at": iso_time(entry.at),
                "words": EVENTS[found["event"]],
                "why": entry.reason,
            }


def trace(places: Places, rollout: int) -> list[dict[str, Any]]:
    """Return how far the evidence had come at each noted decision, oldest first, at most `POINTS` of them."""
    with journal.opened(places.journal) as connection:
        rows = list(recorded(connection, rollout))
    every = -(-len(rows) // POINTS) or 1
    found = []
    for row in rows[::-1][::every][::-1]:  # the latest one is always among them
        try:
            found.append(point(row.decided()))
        except ValueError:
            continue  # `gateway replay` tells of what cannot be read; a chart goes on without it
    return found


def point(decided: Decided) -> dict[str, Any]:
    """Return one point of the chart: percent of the way towards either verdict, by metric."""
    metrics: Mapping[str, Any] = {
        metric.name: [towards(metric.worse, metric.worse_bar), towards(metric.good, metric.good_bar)]
        for metric in decided.verdict.metrics
    }
    return {"at": decided.at, "metrics": metrics}
