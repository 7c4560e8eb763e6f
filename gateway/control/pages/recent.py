"""The last quarter of an hour of each version, so that a page that is opened in the night shows the evening.

A light look at the counters every few seconds feeds it, whether or not anybody looks at a page. It is
bounded, and noted in a file too, so that it goes on in the control process that a reload or a crash puts in
its place.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from gateway.control.pages.recent_file import HistoryFile, Key, Point
from gateway.control.status import figures
from gateway.control.status.observation import read_tallies
from gateway.monitoring.tally import Count, WorkerState
from gateway.monitoring.tally_rate import rate_of
from gateway.routing.places import Places

log = logging.getLogger("gateway.control")

EVERY: Final = 5.0
"""Seconds between two samples; the counters' own window is longer."""
MOST_OF_A_CORE: Final = 0.01
"""Part of a core that samples may take: where counters are many they are looked at more seldom."""
KEPT: Final = 180
SERIES_LIMIT: Final = 200
"""Routes times versions that are kept at most; a plan rarely has as many as twenty."""


class History:
    """The samples: their moments (seconds since 1970), and of each route and version its points.

    One thread adds, others read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: deque[float] = deque(maxlen=KEPT)
        self._points: dict[Key, deque[Point | None]] = {}

    def add(self, at: float, points: Mapping[Key, Point]) -> None:
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


def measured(tallies: Iterable[tuple[WorkerState, list[Count]]], now: float) -> dict[Key, Point]:
    """Return what workers counted of each route and version; `now` is in monotonic seconds.

    A route's rate goes on through changes of weights and of workers. Its parts and latencies are of the
    present weights alone: right after a rollback a page must show who answers now.
    """
    looked = list(tallies)
    routes: dict[str, dict[str, list[Count]]] = {}
    for count in (count for _, counts in looked for count in counts):
        routes.setdefault(count.route, {}).setdefault(count.service, []).append(count)
    found: dict[Key, Point] = {}
    for route, versions in routes.items():
        since = max(count.since for counts in versions.values() for count in counts)
        total = rate_of((state for state, _ in looked), route, now).per_second
        rates = figures.version_rates(versions, since, total)
        for name, counts in versions.items():
            present = figures.of_interval(counts, since)
            if present:
                p99 = figures.milliseconds(figures.merged(present).recent_histogram, 0.99)
                found[route, name] = (rates[name], p99)
    return found


class Sampler:
    """Feeds a history until it is told to stop."""

    def __init__(
        self, places: Places, history: History, clock: Callable[[], float] = time.time, every: float = EVERY
    ) -> None:
        self._places = places
        self._history = history
        self._clock = clock
        self._every = every
        self._kept = HistoryFile(places, KEPT, EVERY)
        self._stopped = threading.Event()
        self._told: set[type[Exception]] = set()

    def run(self) -> None:
        """Take up what there was, then take a sample every few seconds; the log tells of one that fails."""
        try:
            self.recall()
        except Exception as error:
            self._tell(error)
        pause = self._every
        while not self._stopped.wait(pause):
            began = time.thread_time()
            try:
                self.sample()
            except Exception as error:
                self._tell(error)
            pause = max(self._every, (time.thread_time() - began) / MOST_OF_A_CORE)

    def _tell(self, error: Exception) -> None:
        """Log each kind of failure once: the same every few seconds would fill the log."""
        if type(error) in self._told:
            return
        self._told.add(type(error))
        log.exception("the history of the page Now misses a sample and goes on", exc_info=error)

    def sample(self) -> None:
        """Take one now."""
        at, points = round(self._clock(), 1), measured(read_tallies(self._places).values(), time.monotonic())
        self._history.add(at, points)
        self._kept.note(at, points)

    def recall(self) -> None:
        """Take up what the control process before this one has seen."""
        for at, points in self._kept.read(self._clock()):
            self._history.add(at, points)

    def stop(self) -> None:
        """End soon."""
        self._stopped.set()
