"""The two processes of the request log: the recorder and the keeper.

They belong to the supervisor and to no generation: there is one of each, and the memory that workers leave
records in outlives every worker. A reload brings other code, though, so it replaces them too: the new
recorder waits for the lock of the old one, which reads on until it leaves, and the memory bridges the rest.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, field

from gateway.supervision.generation import WORKER_PATIENCE, Commands
from gateway.supervision.leaving import Leaving
from gateway.supervision.process import Process

PATIENCE = 15.0
"""Seconds that either has to leave; the recorder reads to the end, and the keeper breaks off what it does."""


@dataclass(slots=True)
class LogProcesses:
    """Recorder and keeper, as far as there are commands for them, and those that were replaced."""

    recorder: list[Process] = field(default_factory=list)
    keeper: list[Process] = field(default_factory=list)
    _leaving: Leaving = field(default_factory=Leaving)

    def processes(self) -> list[Process]:
        """Return those that should be running."""
        return [*self.recorder, *self.keeper]

    def leaving(self) -> list[Process]:
        """Return those that were replaced and are not gone yet."""
        return self._leaving.processes()

    def begin(self, commands: Commands) -> None:
        """Have both run by these commands; those that run by others leave."""
        for process in self.processes():
            self._leaving.ask(process, signal.SIGTERM, PATIENCE)
        self.recorder = [Process("recorder", commands.recorder)] if commands.recorder else []
        self.keeper = [Process("keeper", commands.keeper)] if commands.keeper else []
        for process in self.recorder:
            process.patience = WORKER_PATIENCE  # its memory is bounded

    def look(self) -> None:
        """See who has left."""
        self._leaving.look()
