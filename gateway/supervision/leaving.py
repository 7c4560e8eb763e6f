"""Processes that were replaced, or never came to their work: asked to leave, and killed if they do not."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gateway.supervision.generation import called
from gateway.supervision.process import Process, exit_reason
from gateway.supervision.signals import Signals

log = logging.getLogger("gateway.supervisor")

LOOK_EVERY = 0.1


@dataclass(slots=True)
class Leaving:
    """Those that leave, each with the time at which it is killed."""

    clock: Callable[[], float] = time.monotonic
    _leaving: list[tuple[float, Process]] = field(default_factory=list)

    def processes(self) -> list[Process]:
        """Return those that are not gone yet."""
        return [process for _, process in self._leaving]

    def ask(self, process: Process, how: signal.Signals, patience: float) -> None:
        """Ask a process to leave within so many seconds."""
        process.stop(how)
        self._leaving.append((self.clock() + patience, process))

    def look(self) -> None:
        """Forget those that are gone, kill those whose time is over."""
        waiting = []
        for until, process in self._leaving:
            if process.is_gone():
                status = process.popen.returncode if process.popen is not None else 0
                if status:
                    log.warning("%s, which was to leave, %s", called(process), exit_reason(status))
                continue
            if self.clock() > until:
                log.error("%s did not leave in time and is killed", called(process))
                process.signal(signal.SIGKILL)
            waiting.append((until, process))
        self._leaving = waiting


def end(processes: Sequence[Process], patience: float, signals: Signals) -> None:
    """End all of them, which may take so many seconds or until somebody insists; then they are killed."""
    for process in processes:
        process.stop()
    deadline = time.monotonic() + patience
    while remaining := [process for process in processes if not process.is_gone()]:
        if time.monotonic() > deadline or signals.insists():
            for process in remaining:
                log.error("%s did not end in time and is killed", called(process))
                process.signal(signal.SIGKILL)
        signals.wait(LOOK_EVERY)
