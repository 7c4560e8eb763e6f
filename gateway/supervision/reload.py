"""A reload: the next generation started one process after another, until all of it is ready or one is not.

It changes nothing before the end. Whoever runs goes on running; what became of the next generation decides
only then who leaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.routing.places import Places
from gateway.supervision.generation import Generation, called, is_ready
from gateway.supervision.process import Process, exit_reason

READY_WITHIN = 30.0
"""Seconds that a new process has to become ready; what ran before serves meanwhile."""


@dataclass(slots=True)
class Reload:
    """One reload under way. `problem` says why it failed, once it has."""

    places: Places
    generation: Generation
    clock: Callable[[], float] = time.monotonic
    problem: str = ""
    began: float = 0.0
    _waiting: list[Process] = field(default_factory=list)
    _ready: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = self.clock()
        # Workers first: without them nothing is worth having.
        self._waiting = [*self.generation.workers, self.generation.control]

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return self.clock() - self.began

    def step(self) -> bool:
        """Do what can be done now; tell whether it is over, well or with a problem."""
        while self._waiting and not self.problem:
            process = self._waiting[0]
            if not self._has_started(process) or not self._has_become_ready(process):
                break
            self._ready.append(self._waiting.pop(0))
        for process in self._ready:
            self._look_after(process)
        return bool(self.problem) or not self._waiting

    def started(self) -> list[Process]:
        """Return what was started of the next generation, ready or not."""
        return [process for process in self.generation.processes() if process.popen is not None]

    def was_ready(self, process: Process) -> bool:
        """Tell whether a process of the next generation became ready, so that it may have clients."""
        return process in self._ready

    def _has_started(self, process: Process) -> bool:
        if process.popen is None:
            try:
                process.start()
            except OSError as error:
                self.problem = f"the new {called(process)} cannot be started: {error}"
        return not self.problem

    def _has_become_ready(self, process: Process) -> bool:
        self._look_after(process)
        if self.problem:
            return False
        if is_ready(self.places, process):
            return True
        if self.clock() - process.started > READY_WITHIN:
            self.problem = f"the new {called(process)} was not ready within {READY_WITHIN:g} s"
        return False

    def _look_after(self, process: Process) -> None:
        status = process.popen.poll() if process.popen is not None else None
        if status is not None and not self.problem:
            self.problem = f"the new {called(process)} {exit_reason(status)}"
