"""How much of the machine other programs took while something was measured.

Latency suffers from neighbours as CPU time does not: a neighbour's time slice is milliseconds long, an answer
takes a tenth of one. So each round of latency carries this figure, and only the quieter half of them counts.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Collection
from pathlib import Path

from benchmarks.process import cpu_ns

_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_TAKEN = (0, 1, 2, 7)  # of a line of /proc/stat: user, nice, system, steal


def watch(pids: Collection[int]) -> Callable[[], float]:
    """Start watching; the function it returns tells how many seconds of CPU went to others since.

    Not others are this process, its children that have ended since, and `pids`.
    """
    own = [os.getpid(), *pids]
    before = _others_ns(own)
    return lambda: max(0.0, (_others_ns(own) - before) / 1e9)


def _others_ns(own: Collection[int]) -> int:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    children = int((ended.ru_utime + ended.ru_stime) * 1e9)
    return taken_ticks(Path("/proc/stat").read_text()) * _TICK_NS - cpu_ns(own) - children


def taken_ticks(stat: str) -> int:
    """Add up, over all cores, the ticks that some program had, or that the host withheld from this machine.

    Interrupts are left out: those of the loopback are the measurement's own.
    """
    fields = stat.splitlines()[0].split()[1:]
    return sum(int(fields[place]) for place in _TAKEN)
