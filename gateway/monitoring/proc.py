"""What the kernel says of a process, in /proc: whether it runs, and what it costs."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_STATE, _USER, _SYSTEM, _STARTED, _RESIDENT = 0, 11, 12, 19, 21
"""Places of the fields after the name of the program, see proc(5)."""
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class ProcessState:
    """The letter of a process' state, how many seconds ago it was started, and what it cost since.

    `started` are clock ticks since the machine's start: another number under the same pid is another process.
    `cpu` are seconds, `memory` are bytes that it holds.
    """

    letter: str
    age: float
    started: int
    cpu: float
    memory: int

    @property
    def is_stopped(self) -> bool:
        """Whether a signal (SIGSTOP, Ctrl-Z) or a debugger holds it."""
        return self.letter in ("T", "t")

    @property
    def is_dead(self) -> bool:
        """Whether it has ended and only its status is still to be fetched."""
        return self.letter in ("Z", "X")


def state_of(pid: int, proc: Path = Path("/proc")) -> ProcessState | None:
    """Return what the kernel says of a process, None where there is none; 0 is none."""
    if pid <= 0:
        return None
    try:
        # The name stands in brackets and may hold any character, brackets and blanks included.
        fields = (proc / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    started = int(fields[_STARTED])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - started / _TICKS
    cpu = (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS
    return ProcessState(fields[_STATE], max(age, 0.0), started, cpu, int(fields[_RESIDENT]) * _PAGE)
