"""One supervised process: started, found dead, started again with growing patience."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

BACKOFF_FIRST, BACKOFF_LAST = 0.1, 15.0
STEADY_AFTER = 5.0
"""Seconds after which a process counts as having come up well, so that patience starts anew."""


@dataclass(slots=True)
class Process:
    """A process that should be running. `role` is worker, control or replica; `number` tells equals apart."""

    role: str
    command: Sequence[str]
    service: str = ""
    number: int = 0
    pass_fds: Sequence[int] = ()
    restarts: int = 0
    started: float = 0.0
    popen: subprocess.Popen[bytes] | None = None
    ended: bool = False
    patience: float = BACKOFF_LAST
    _lifeline: int = -1
    _delay: float = BACKOFF_FIRST
    _not_before: float = 0.0
    clock: Callable[[], float] = field(default=time.monotonic)

    @property
    def pid(self) -> int:
        """The running process, or 0."""
        return self.popen.pid if self.popen is not None and self.popen.returncode is None else 0

    def starts_in(self) -> float:
        """Return the seconds until it may be started; infinite while it runs, or once it shall end."""
        return math.inf if self.pid or self.ended else max(self._not_before - self.clock(), 0.0)

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches the supervisor alone.

        Its standard input is a pipe that nobody writes to: it ends when this process does, however it ends.
        """
        self._cut_lifeline()
        reader, self._lifeline = os.pipe()
        try:
            self.popen = subprocess.Popen(  # noqa: S603 - the command is ours
                list(self.command), stdin=reader, pass_fds=tuple(self.pass_fds), process_group=0
            )
        finally:
            os.close(reader)
        self.started = self.clock()

    def _cut_lifeline(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def take_over(self, spare: Process) -> None:
        """Go on in a spare process: it is told over its standard input what it becomes."""
        self._cut_lifeline()
        os.write(spare._lifeline, json.dumps(list(self.command[-2:])).encode() + b"\n")
        self.popen, self._lifeline = spare.popen, spare._lifeline
        spare.popen, spare._lifeline, spare._not_before = None, -1, 0.0
        self.started = self.clock()

    def tend(self, spare: Process | None = None) -> int | None:
        """Start it where it is not running and may be; return the exit status if it was just found dead.

        A spare that runs is used instead of starting anew. Raises OSError where it cannot be started, and
        tries again later.
        """
        status = None
        if self.popen is not None and (status := self.popen.poll()) is not None:
            now = self.clock()
            steady = now - self.started > STEADY_AFTER
            self._delay = BACKOFF_FIRST if steady else min(self._delay * 2, self.patience)
            self._not_before = now if steady else now + self._delay
            self.restarts += 1
            self.popen = None
        if self.popen is None and not self.ended and self.clock() >= self._not_before:
            self._not_before = self.clock() + BACKOFF_LAST  # should it not even start
            if spare is not None and spare.pid:
                self.take_over(spare)
            else:
                self.start()
        return status

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to drain and end; it is not started again. A worker takes its time after SIGHUP."""
        self.ended = True
        if self.pid:
            self.signal(how)

    def signal(self, number: int) -> None:
        """Send a signal to the process itself."""
        if self.popen is not None:
            self.popen.send_signal(number)

    def is_gone(self) -> bool:
        """Tell whether the process has ended."""
        if self.popen is not None and self.popen.poll() is None:
            return False
        self._cut_lifeline()
        return True


def exit_reason(status: int) -> str:
    """Say how a process ended: `exited with status 1` or `was killed by SIGKILL`."""
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
