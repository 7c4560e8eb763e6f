"""The last quarter of an hour of each version, so that a page that is opened in the night shows the evening.

It is kept in the control process alone and bounded; a light look at the counters every few seconds feeds it,
whether or not anybody looks at a page.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from gateway.control.status import figures
from gateway.control.status.observation import read_tallies
from gateway.monitoring.tally import Count
from gateway.routing.places import Places

log = logging.getLogger("gateway.control")

EVERY: Final = 5.0
"""Seconds between two samples; the counters' own window is longer."""
KEPT: Final = 180
SERIES_LIMIT: Final = 200
"""Routes times versions that are kept at most; a plan rarely has as many as twenty."""

Key = tuple[str, str]
Point = tuple[float, float | None]
"""Requests per second, and p99 in milliseconds (None: nothing was asked)."""


class History:
    """The samples: their moments (seconds since 1970), and of each route and version its points.

    One thread adds, others read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: deque[float] = deque(maxlen=KEPT)
        self._points: dict[Key, deque[Point | None]] = {}

    def add(self, at: float, points: dict[Key, Point]) -> None:
        """Add a sample; what is not in it had nothing to tell."""
        with self._lock:
            for key in list(points)[:SERIES_LIMIT]:
                if key not in self._points and len(self._points) < SERIES_LIMIT:
                    self._points[key] = deque([None] * len(self._at), maxlen=KEPT)
            self._at.append(at)
            for key, series in self._points.items():
                series.append(points.get(key))
            self._points = {key: series for key, series in self._points.items() if any(series)}

    def of(self, route: str, versions: Iterable[str]) -> dict[str, list[float | None] | list[float]]:
        """Return a route's history for a script: `t`, and of each version `rate:<name>` and `p99:<name>`."""
        with self._lock:
            at = list(self._at)
            known = {name: list(self._points.get((route, name), [None] * len(at))) for name in versions}
        found: dict[str, list[float | None] | list[float]] = {"t": at}
        for name, series in known.items():
            found[f"rate:{name}"] = [point[0] if point else None for point in series]
            found[f"p99:{name}"] = [point[1] if point else None for point in series]
        return found


def current(counts: Iterable[Count]) -> dict[Key, list[Count]]:
    """Return what was counted of each route and version since the route's weights changed last.

    What was counted under the weights before is left out, though it lies within the window: right after a
    rollback a page must show who answers now.
    """
    known = list(counts)
    since: dict[str, int] = {}
    for count in known:
        since[count.route] = max(count.since, since.get(count.route, 0))
    return {
        key: [count for count in found if count.since == since[key[0]]]
        for key, found in figures.by_version(known).items()
    }


def measured(counts: Iterable[Count]) -> dict[Key, Point]:
    """Return what counters say of each route and version, since the route's weights changed last."""
    return {
        key: (_rate(found), figures.milliseconds(figures.merged(found).recent_histogram, 0.99))
        for key, found in current(counts).items()
    }


def _rate(counts: Iterable[Count]) -> float:
    return round(figures.rate(counts), 3)


def counted(places: Places) -> list[Count]:
    """Return the counts of all workers."""
    return [count for _, counts in read_tallies(places).values() for count in counts]


class Sampler:
    """Feeds a history until it is told to stop."""

    def __init__(
        self, places: Places, history: History, clock: Callable[[], float] = time.time, every: float = EVERY
    ) -> None:
        self._places = places
        self._history = history
        self._clock = clock
        self._every = every
        self._stopped = threading.Event()
        self._told: set[type[Exception]] = set()

    def run(self) -> None:
        """Take a sample every few seconds; one that fails is left out, and the log tells of it."""
        while not self._stopped.wait(self._every):
            try:
                self.sample()
            except Exception as error:
                self._tell(error)

    def _tell(self, error: Exception) -> None:
        """Log each kind of failure once: the same every few seconds would fill the log."""
        if type(error) in self._told:
            return
        self._told.add(type(error))
        log.exception("the history of the page Now misses a sample and goes on", exc_info=error)

    def sample(self) -> None:
        """Take one now."""
        self._history.add(round(self._clock(), 1), measured(counted(self._places)))

    def stop(self) -> None:
        """End soon."""
        self._stopped.set()
