"""What replicas use, from /proc: cores since the last look, and memory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway.watching.summary import Resources, merged

_UTIME, _STIME, _STARTED, _RSS = 11, 12, 19, 21
"""Places of the fields after the name of the program, see proc(5)."""
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Use:
    """What one process has used: processor seconds since it started, and bytes it holds."""

    started: int
    seconds: float
    memory: int


def use_of(pid: int, proc: Path = Path("/proc")) -> Use | None:
    """Return what a process uses, None where it is gone."""
    try:
        # The name stands in brackets and may hold any character, brackets and blanks included.
        words = (proc / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        seconds = (int(words[_UTIME]) + int(words[_STIME])) / _TICKS
        return Use(int(words[_STARTED]), seconds, int(words[_RSS]) * _PAGE)
    except (OSError, IndexError, ValueError):
        return None


def replicas(processes: Path) -> Iterator[tuple[str, int]]:
    """Yield the service and the pid of each replica that the supervisor keeps."""
    try:
        listed = json.loads(processes.read_bytes())["processes"]
    except (OSError, ValueError, KeyError):
        return
    for process in listed:
        if process["role"] == "replica" and process["pid"] > 0:
            yield process["service"], process["pid"]


@dataclass(slots=True)
class Sampler:
    """Remembers the last look, so that the next one knows how much was used since."""

    proc: Path = Path("/proc")
    _last: dict[int, Use] = field(default_factory=dict)
    _at: float = 0.0

    def sample(self, processes: Path, now: float) -> dict[str, Resources]:
        """Return one sample of each service, all its replicas together; `now` is monotonic seconds."""
        found: dict[str, Resources] = {}
        uses = {pid: (service, use_of(pid, self.proc)) for service, pid in replicas(processes)}
        for pid, (service, use) in uses.items():
            before = self._last.get(pid)
            if use is None or before is None or before.started != use.started or now <= self._at:
                continue
            cores = max(use.seconds - before.seconds, 0.0) / (now - self._at)
            one = Resources(0, cores, float(use.memory))
            found[service] = merged(found[service], one) if service in found else one
        self._last = {pid: use for pid, (_, use) in uses.items() if use is not None}
        self._at = now
        return {service: Resources(1, of.cores, of.memory) for service, of in found.items()}
