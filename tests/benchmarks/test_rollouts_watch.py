"""The published revision, watched from outside."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.process import wait_until
from benchmarks.rollouts.watch import SlotWatch
from gateway.routing.places import Places
from gateway.routing.slot import PlanSlot


def test_it_knows_when_each_revision_came(tmp_path: Path) -> None:
    """By both clocks, in the order in which they were published."""
    places = Places(tmp_path)
    places.run.mkdir()
    before = time.monotonic(), time.time()
    with PlanSlot(places, writable=True) as slot, SlotWatch(places) as watch:
        for revision in (7, 8):
            slot.store(revision)
            wait_until(lambda revision=revision: revision in watch.seen, 60, f"revision {revision}")  # type: ignore[misc]
    assert before[0] <= watch.seen[7][0] <= watch.seen[8][0] <= time.monotonic()
    assert before[1] <= watch.seen[7][1] <= watch.seen[8][1] <= time.time()
