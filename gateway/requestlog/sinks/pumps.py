"""All sinks of a gateway: a thread for each, started and stopped as routing.yaml says."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import Sink, Tracing
from gateway.requestlog.sinks.census import Census
from gateway.requestlog.sinks.needed import all_sinks, needed
from gateway.requestlog.sinks.pump import Pump
from gateway.requestlog.sinks.standing import Standing
from gateway.requestlog.sinks.targets import pump_of


@dataclass(frozen=True, slots=True)
class _Running:
    sink: Sink
    tracing: Tracing
    pump: Pump
    thread: threading.Thread
    stop: threading.Event


class Pumps:
    """The keeper's sinks; `folder` is that of routing.yaml, which relative targets are relative to."""

    def __init__(self, places: LogPlaces, folder: Path) -> None:
        self._places = places
        self._folder = folder
        self._census = Census(places)
        self._running: dict[str, _Running] = {}
        self._leaving: list[_Running] = []

    def tick(self, sinks: Iterable[Sink], tracing: Tracing) -> str:
        """Start what is new, stop what is gone or has changed; return what `needed` does.

        To be called each second. It never waits: a pump that was told to stop may need its target's time-out,
        and its successor begins after that.
        """
        wanted = {sink.name: sink for sink in all_sinks(sinks, tracing)}
        for name, running in list(self._running.items()):
            if wanted.get(name) != running.sink or running.tracing != tracing:
                running.stop.set()
                self._leaving.append(self._running.pop(name))
        self._leaving = [each for each in self._leaving if each.thread.is_alive()]
        busy = {each.sink.name for each in self._leaving}
        for name, sink in wanted.items():
            if name not in self._running and name not in busy:
                self._running[name] = self._start(sink, tracing)
        oldest = needed(self._places, wanted.values())
        self._census.forget(oldest)
        return oldest

    def _start(self, sink: Sink, tracing: Tracing) -> _Running:
        pump = pump_of(sink, tracing, self._places, self._folder, self._census)
        stop = threading.Event()
        thread = threading.Thread(target=pump.run, args=(stop,), name=f"sink-{sink.name}", daemon=True)
        thread.start()
        return _Running(sink, tracing, pump, thread, stop)

    def report(self) -> list[Standing]:
        """Return how each sink stands, in the order of routing.yaml."""
        now, wall = time.monotonic(), time.time()
        return [running.pump.report(now, wall) for running in self._running.values()]

    def close(self, patience: float = 5.0) -> None:
        """Stop all, and wait for them for so many seconds together; what is not stored is sent again."""
        everyone = [*self._leaving, *self._running.values()]
        for running in everyone:
            running.stop.set()
        deadline = time.monotonic() + patience
        for running in everyone:
            running.thread.join(max(0.0, deadline - time.monotonic()))
