"""The ledgers of one worker: opened with the plan that begins a rollout, let go with the one that ends it.

A file is opened when a plan is adopted, never by a request.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gateway.monitoring.ledger import LedgerWriter
from gateway.proxy.evidence import Trials
from gateway.routing.places import Places
from gateway.routing.plan import Route
from gateway.routing.rollout_document import progress_from

log = logging.getLogger("gateway.worker")


class Ledgers:
    """Finds where a route's evidence is counted."""

    __slots__ = ("_loop", "_number", "_open", "_places")

    def __init__(self, places: Places, number: int, loop: asyncio.AbstractEventLoop) -> None:
        """`number` is the worker's."""
        self._places = places
        self._number = number
        self._loop = loop
        self._open: dict[int, LedgerWriter] = {}

    def follow(self, routes: Iterable[Mapping[str, Any]]) -> None:
        """Open what the routes of a plan's document need, and let go of all else."""
        active: set[int] = set()
        for route in routes:
            progress = progress_from(route["progress"]) if "progress" in route else None
            if progress is not None and progress.is_active:
                active.add(progress.id)
                self._prepare(progress.id, route["since"], bool(route["sticky"]))
        for rollout in self._open.keys() - active:
            self._open.pop(rollout).close()

    def trials(self, route: Route) -> Trials | None:
        """Return what a route's requests are told to; None where no rollout is under way, or no room."""
        progress = route.progress
        ledger = self._open.get(progress.id) if progress is not None and progress.is_active else None
        if ledger is None:
            return None
        return Trials(route, ledger.interval(route.since, route.sticky is not None), self._loop)

    def close(self) -> None:
        """Let go of all."""
        self.follow(())

    def _prepare(self, rollout: int, since: int, keyed: bool) -> None:
        ledger = self._open.get(rollout)
        if ledger is None:
            path = self._places.ledger(rollout, self._number)
            ledger = _opened(path)
            if ledger is None:
                return
            self._open[rollout] = ledger
        ledger.interval(since, keyed)


def _opened(path: Path) -> LedgerWriter | None:
    try:
        return LedgerWriter(path, os.getpid())
    except OSError as error:
        log.warning(
            "%s cannot be written (%s), so this worker counts nothing for the rollout, whose verdicts take "
            "longer or do not come; make room in %s and publish any change",
            path,
            error.strerror,
            path.parent,
        )
        return None
