"""The plan slot: the one place where the control plane hands a plan to the data plane.

The plan lies in a file that is only ever replaced whole; beside it one word of shared memory holds its
revision. A worker compares that word before each request, which costs it a read of memory and makes a new
plan hold from the very next request on: no message, no timer, no process that must be alive.
"""

from __future__ import annotations

import json
import mmap
import os
from dataclasses import asdict
from typing import Any

from gateway.files import replace_file
from gateway.routing.document import from_json, to_json
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan

_SIZE = mmap.PAGESIZE
LOGGING = "logging.json"
"""The file beside the plan that every process looks at when it says something: how it is to say it."""


def publish(places: Places, plan: RoutingPlan) -> None:
    """Make a plan the one that every worker uses for its next request."""
    replace_file(places.plan, to_json(plan).encode())
    replace_file(places.run / LOGGING, json.dumps(asdict(plan.logging)).encode())
    with PlanSlot(places, writable=True) as slot:
        slot.store(plan.revision)


def published(places: Places) -> RoutingPlan | None:
    """Return the plan in the slot, or None before the first one."""
    try:
        text = places.plan.read_bytes()
    except FileNotFoundError:
        return None
    return from_json(text)


def published_revision(places: Places) -> int:
    """Return the revision that every worker uses for its next request, 0 before the first plan."""
    with PlanSlot(places) as slot:
        return int(slot.word[0])


def published_document(places: Places) -> dict[str, Any] | None:
    """Return the plan in the slot as plain JSON values, or None before the first one."""
    try:
        document: dict[str, Any] = json.loads(places.plan.read_bytes())
    except FileNotFoundError:
        return None
    return document


class PlanSlot:
    """The shared word. `word[0]` is the revision; reading it is on the request path."""

    __slots__ = ("_map", "word")

    def __init__(self, places: Places, *, writable: bool = False) -> None:
        fd = os.open(places.slot, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(fd).st_size < _SIZE:
                os.ftruncate(fd, _SIZE)
                os.posix_fallocate(fd, 0, _SIZE)
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            self._map = mmap.mmap(fd, _SIZE, access=access)
        finally:
            os.close(fd)
        self.word = memoryview(self._map).cast("Q")

    def store(self, revision: int) -> None:
        """Publish the revision of the plan that the file now holds: one aligned 64-bit store."""
        self.word[0] = revision

    def __enter__(self) -> PlanSlot:
        return self

    def __exit__(self, *_: object) -> None:
        self.word.release()
        self._map.close()
