"""What the kernel says of a process, in /proc: whether it runs, was stopped or is only still listed."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_STATE, _STARTED = 0, 19
"""Places of the fields after the name of the program, see proc(5)."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ProcessState:
    """The letter of a process' state, and how many seconds ago it was started."""

    letter: str
    age: float

    @property
    def is_stopped(self) -> bool:
        """Whether a signal (SIGSTOP, Ctrl-Z) or a debugger holds it."""
        return self.letter in ("T", "t")

    @property
    def is_dead(self) -> bool:
        """Whether it has ended and only its status is still to be fetched."""
        return self.letter in ("Z", "X")


def state_of(pid: int) -> ProcessState | None:
    """Return what the kernel says of a process, None where there is none; 0 is none."""
    if pid <= 0:
        return None
    try:
        # The name stands in brackets and may hold any character, brackets and blanks included.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[_STARTED]) / _TICKS
    return ProcessState(fields[_STATE], max(age, 0.0))
