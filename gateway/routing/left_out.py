"""Revisions that their makers did not live to record: the journal has them, so the trail gets them late.

A revision is journalled before it is published, so the journal is the list of what the trail must have.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from gateway.audit.event import Event
from gateway.audit.read import newest_first
from gateway.routing.audited import compared, trail_of
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan

SETTLED = 10.0
"""Seconds after which a revision without an entry is one that its maker did not live to record."""


def note_left_out(places: Places, known: int, revisions: list[Revision]) -> int:
    """Record the revisions (oldest first) after `known` that have no entry; return the latest that was seen.

    `revisions` begins with the one before them, for comparison, where that is kept.
    """
    recorded = _recorded(places, {one.revision for one in revisions})
    before: RoutingPlan | None = None
    for one in revisions:
        if one.revision > known:
            if time.time() - one.at < SETTLED:
                break
            if one.revision not in recorded:
                was, now, route = compared(before, one.plan)
                detail = (
                    f"recorded late: made at {one.at:.6f}, by a process that ended before it could say so"
                )
                event = Event(one.action, one.author, "journal", route, was, now, one.reason, "done", detail)
                trail_of(places).record(event)
            known = one.revision
        before = one.plan
    return known


def has_revisions(places: Places) -> bool:
    """Tell whether any revision was ever recorded."""
    return any(_revision_of(entry) is not None for entry in newest_first(places.audit))


def _revision_of(entry: Mapping[str, Any]) -> int | None:
    revision = entry["after"].get("revision") if isinstance(entry["after"], dict) else None
    return revision if isinstance(revision, int) and entry["result"] == "done" else None


def _recorded(places: Places, wanted: set[int]) -> set[int]:
    found: set[int] = set()
    for entry in newest_first(places.audit):
        revision = _revision_of(entry)
        if revision is not None:
            found.add(revision)
            if wanted and revision < min(wanted):
                break
    return found
