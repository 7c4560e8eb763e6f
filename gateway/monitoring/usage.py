"""What a process costs, as the kernel counts it in /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_USER, _SYSTEM, _RESIDENT = 11, 12, 21
"""Places of the fields after the name of the program, see proc(5)."""
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU time since the process was started, in seconds, and the memory it holds, in bytes."""

    cpu: float
    memory: int


def usage_of(pid: int) -> Usage | None:
    """Return what a process costs, None where there is none; 0 is none."""
    if pid <= 0:
        return None
    try:
        # The name stands in brackets and may hold any character, brackets and blanks included.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Usage((int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS, int(fields[_RESIDENT]) * _PAGE)
