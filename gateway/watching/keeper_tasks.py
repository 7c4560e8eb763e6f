"""What the keeper does, and how often: sealing, merging, retention, labels, sinks, watching.

Each task loads what it needs in its own thread when it is first done, so that one whose library is missing
fails alone and says so.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.errors import GatewayError
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.slot import PlanSlot, published
from gateway.watching.keeper import Said, Task

if TYPE_CHECKING:
    from gateway.requestlog.retention import Known
    from gateway.requestlog.sinks.pumps import Pumps
    from gateway.watching.watcher import Tell, Watcher

log = logging.getLogger("gateway.keeper")

SINKS_EVERY, WATCH_EVERY, SEAL_EVERY = 1.0, 1.0, 5.0
MERGE_EVERY, RETENTION_EVERY, LABELS_EVERY = 60.0, 300.0, 300.0


class LivePlan:
    """The plan in the slot, read anew when its word changes; for any thread."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._slot = PlanSlot(places)
        self._lock = threading.Lock()
        self._revision = -1
        self._plan: RoutingPlan | None = None

    def get(self) -> RoutingPlan | None:
        """Return the live plan, None before the first one."""
        with self._lock:
            revision = self._slot.word[0]
            if revision != self._revision:
                try:
                    self._plan = published(self._places) or self._plan
                except GatewayError as error:
                    log.error("revision %d: %s; the plan before it is followed", revision, error)
                self._revision = revision if self._plan is not None else -1
            return self._plan


class Sealing:
    """Turns closed segments into Parquet, and keeps what a sink still needs."""

    def __init__(self, places: Places, plan: LivePlan) -> None:
        self._places = places
        self._plan = plan

    def step(self) -> Said:
        """Seal what is closed; nothing is dropped before the plan is known."""
        from gateway.requestlog.seal import seal_step
        from gateway.requestlog.sinks.needed import EVERYTHING, all_sinks, needed

        plan = self._plan.get()
        oldest = needed(self._places.log, all_sinks(plan.sinks, plan.tracing)) if plan else EVERYTHING
        done = seal_step(self._places.log, needed=oldest)
        return {"segments": len(done)}


class Sinks:
    """Has every sink of the plan sent on what it has not got yet."""

    def __init__(self, places: Places, plan: LivePlan, folder: Path) -> None:
        self._places = places
        self._plan = plan
        self._folder = folder
        self._pumps: Pumps | None = None

    def step(self) -> Said:
        """Follow the plan, and return how each sink stands."""
        plan = self._plan.get()
        if plan is None:
            return {}
        if self._pumps is None:
            from gateway.requestlog.sinks.pumps import Pumps

            self._pumps = Pumps(self._places.log, self._folder)
        self._pumps.tick(plan.sinks, plan.tracing)
        return {"sinks": [asdict(standing) for standing in self._pumps.report()]}

    def close(self) -> None:
        """Stop all sinks; what they have not stored is sent again."""
        if self._pumps is not None:
            self._pumps.close()


class Retention:
    """Removes what has had its time."""

    def __init__(self, places: Places, plan: LivePlan) -> None:
        self._places = places
        self._plan = plan
        self._known: Known | None = None

    def step(self) -> Said:
        """Remove it; nothing goes before the plan is known."""
        from gateway.requestlog.retention import Known, retention_step

        plan = self._plan.get()
        if plan is None:
            return {}
        self._known = self._known or Known()
        policies = {route.name: route.log for route in plan.routes if route.log is not None}
        return {"files": len(retention_step(self._places.log, policies, time.time(), self._known))}


class Watching:
    """Looks at what the log shows and tells people of alarms."""

    def __init__(self, places: Places, plan: LivePlan, folder: Path, tell: Tell) -> None:
        self._places = places
        self._plan = plan
        self._folder = folder
        self._tell = tell
        self._watcher: Watcher | None = None

    def step(self) -> Said:
        """Do what is due."""
        from gateway.watching.watcher import Watcher

        self._watcher = self._watcher or Watcher(self._places, self._folder, self._tell, self._plan.get)
        return self._watcher.tick(time.time())


def merging(places: Places) -> Said:
    """Merge small sealed files."""
    from gateway.requestlog.merge import merge_step

    return {"merges": len(merge_step(places.log, datetime.now(UTC).date().isoformat()))}


def labels(places: Places, plan: LivePlan) -> Said:
    """Seal labels whose hour is over, and remove those that are older than every record may be."""
    from gateway.requestlog.catalog import exclusive
    from gateway.requestlog.engine import writer
    from gateway.requestlog.labels_forget import expire_labels
    from gateway.requestlog.labels_seal import seal_labels
    from gateway.requestlog.retention import longest_keep

    live, now = plan.get(), time.time()
    with exclusive(places.log), writer() as connection:
        sealed = seal_labels(places.log, connection, now)
        if live is None:
            return {"sealed": len(sealed), "removed": 0}
        keep = longest_keep({route.name: route.log for route in live.routes if route.log is not None})
        return {"sealed": len(sealed), "removed": len(expire_labels(places.log, keep, now))}


def tasks(places: Places, folder: Path, tell: Tell) -> list[Task]:
    """Return all tasks of a gateway; `folder` is that of routing.yaml, `tell` is how people are told."""
    plan = LivePlan(places)
    sinks = Sinks(places, plan, folder)
    return [
        Task("sinks", SINKS_EVERY, sinks.step, sinks.close),
        Task("sealing", SEAL_EVERY, Sealing(places, plan).step),
        Task("merging", MERGE_EVERY, lambda: merging(places)),
        Task("labels", LABELS_EVERY, lambda: labels(places, plan)),
        Task("retention", RETENTION_EVERY, Retention(places, plan).step),
        Task("watching", WATCH_EVERY, Watching(places, plan, folder, tell).step),
    ]
