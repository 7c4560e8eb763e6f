"""Signals as something to wait for: what the supervisor is asked to do while it tends."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

TERMINAL = Path("/dev/tty")


class Signals:
    """Counts signals and wakes whoever waits; restores the handlers at the end.

    SIGCHLD asks for nothing but a look around, SIGHUP for a reload, every other one for the end.
    """

    def __init__(self, numbers: tuple[signal.Signals, ...]) -> None:
        self._numbers = numbers
        self._stops = self._reloads = self._taken = 0
        # `nohup` has it ignored: then a closed terminal is to change nothing.
        self._ends_with_terminal = has_terminal() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN

    def __enter__(self) -> Signals:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before = {number: signal.signal(number, self._handle) for number in self._numbers}
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._reader)
        os.close(self._writer)

    def _handle(self, number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            self._reloads += 1
        elif number != signal.SIGCHLD:
            self._stops += 1

    def stop_asked(self) -> bool:
        """Tell whether a signal to stop has come, or the terminal was closed that this was typed in."""
        return self._stops > 0 or (self._reloads > 0 and self._ends_with_terminal and not has_terminal())

    def insists(self) -> bool:
        """Tell whether it has come again: somebody does not want to wait for the drain."""
        return self._stops > 1

    def take_reload(self) -> bool:
        """Tell whether a reload was asked for since the last call; asked for twice it is one."""
        reloads = self._reloads
        if reloads == self._taken or self.stop_asked():
            return False
        self._taken = reloads
        return True

    def wait(self, seconds: float) -> None:
        """Return at the next signal, at the latest after so many seconds."""
        waiting = select.poll()  # `select` knows no file beyond the 1,024th
        waiting.register(self._reader, select.POLLIN)
        if waiting.poll(seconds * 1000):
            os.read(self._reader, 512)


def has_terminal() -> bool:
    """Tell whether this process belongs to a terminal; the kernel sends SIGHUP when that is closed, too."""
    try:
        os.close(os.open(TERMINAL, os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
