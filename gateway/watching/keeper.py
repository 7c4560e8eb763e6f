"""The keeper of the log as a process: what is to be done now and then, each task in a thread of its own.

A task that fails is said, counted and tried again, later and later; one that takes long holds up no other.
Should the whole process die, the log grows as it is and nothing is lost: the next one goes on.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gateway.files import replace_file
from gateway.lifeline import at_end_of_input

log = logging.getLogger("gateway.keeper")

REPORT_EVERY = 1.0
LOOK_EVERY = 0.1
LONGEST_WAIT = 300.0
"""Seconds until a task that failed is tried again, at most, unless it is rarer anyway."""
FAREWELL = 5.0
"""Seconds that tasks have to end; what they do is safe to break off."""

State = Literal["waiting", "running", "ok", "failing"]
Said = Mapping[str, Any]


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done every so many seconds; what `step` returns is part of the report.

    `close` is called at the end, from another thread than `step`.
    """

    name: str
    every: float
    step: Callable[[], Said | None]
    close: Callable[[], None] = _nothing


class Runner:
    """Does one task again and again, and remembers how that went."""

    def __init__(self, task: Task, clock: Callable[[], float] = time.monotonic) -> None:
        self.task = task
        self.state: State = "waiting"
        self.runs = self.failures = 0
        self.problem = ""
        self.said: Said = {}
        self._in_a_row = 0
        self._seconds = 0.0
        self._began = 0.0
        self._clock = clock

    def once(self) -> None:
        """Do it once; whatever goes wrong is said, and no more."""
        self._began = self._clock()
        self.state = "running"
        try:
            said = self.task.step()
        except Exception as error:  # nothing that goes wrong here may end the others
            self._failed(error)
        else:
            if self._in_a_row:
                log.info("%s works again", self.task.name)
            self.said = said or {}
            self.state, self.problem, self._in_a_row = "ok", "", 0
            self.runs += 1
        self._seconds = self._clock() - self._began

    def _failed(self, error: Exception) -> None:
        problem = str(error) or repr(error)
        if problem != self.problem:
            log.error("%s failed, it is tried again: %s", self.task.name, problem, exc_info=error)
        self.state, self.problem = "failing", problem
        self._in_a_row += 1
        self.failures += 1

    def pause(self) -> float:
        """Return the seconds until it is done again: longer the more often it failed in a row."""
        every = self.task.every
        return max(every, min(every * 2.0 ** min(self._in_a_row, 30), LONGEST_WAIT))

    def loop(self, stop: threading.Event) -> None:
        """Do it until told to stop."""
        while not stop.is_set():
            self.once()
            stop.wait(self.pause())

    def document(self) -> dict[str, Any]:
        """Return how it goes, as the report says it."""
        is_running = self.state == "running"
        return {
            "name": self.task.name,
            "state": self.state,
            "runs": self.runs,
            "failures": self.failures,
            "problem": self.problem,
            "seconds": round(self._clock() - self._began if is_running else self._seconds, 3),
            "said": dict(self.said),
        }


class Keeper:
    """All tasks, and the report of them."""

    def __init__(
        self, tasks: Sequence[Task], report: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.runners = [Runner(task, clock) for task in tasks]
        self._report = report
        self._clock = clock
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin with all tasks."""
        for runner in self.runners:
            thread = threading.Thread(
                target=runner.loop, args=(self._stop,), name=runner.task.name, daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def tell(self) -> None:
        """Write the report."""
        document = {
            "pid": os.getpid(),
            "beat": self._clock(),
            "tasks": [runner.document() for runner in self.runners],
        }
        try:
            replace_file(self._report, json.dumps(document, default=str).encode())
        except OSError as error:
            log.error("%s cannot be written: %s", self._report, error)

    def stop(self, patience: float | None = None) -> bool:
        """End all tasks within so many seconds (`FAREWELL`); tell whether all of them have ended."""
        self._stop.set()
        until = self._clock() + (FAREWELL if patience is None else patience)
        for runner in self.runners:
            try:
                runner.task.close()
            except Exception:
                log.exception("%s could not be closed", runner.task.name)
        for thread in self._threads:
            thread.join(max(until - self._clock(), 0.0))
        return not any(thread.is_alive() for thread in self._threads)


def run(keeper: Keeper) -> None:
    """Keep the log until SIGTERM, SIGINT or the end of standard input."""
    asked: list[object] = []  # a list, because nothing that a signal may interrupt is safe to wake from it
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *what: asked.append(what))
    at_end_of_input(lambda: asked.append("end of input"))
    keeper.start()
    next_report = 0.0
    while not asked:
        now = time.monotonic()
        if now >= next_report:
            keeper.tell()
            next_report = now + REPORT_EVERY
        time.sleep(LOOK_EVERY)
    if not keeper.stop():
        log.warning("a task did not end in time and is broken off; the next keeper does it again")
        os._exit(0)  # a thread in the midst of a query would hold up the end of the interpreter
