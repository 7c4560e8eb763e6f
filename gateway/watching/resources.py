"""What replicas use, from /proc: cores since the last look, and memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway.monitoring.proc import ProcessState, state_of
from gateway.watching.summary import Resources, merged


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
    _last: dict[int, ProcessState] = field(default_factory=dict)
    _at: float = 0.0

    def sample(self, processes: Path, now: float) -> dict[str, Resources]:
        """Return one sample of each service, all its replicas together; `now` is monotonic seconds."""
        found: dict[str, Resources] = {}
        uses = {pid: (service, state_of(pid, self.proc)) for service, pid in replicas(processes)}
        for pid, (service, use) in uses.items():
            before = self._last.get(pid)
            if use is None or before is None or before.started != use.started or now <= self._at:
                continue
            cores = max(use.cpu - before.cpu, 0.0) / (now - self._at)
            one = Resources(0, cores, float(use.memory))
            found[service] = merged(found[service], one) if service in found else one
        self._last = {pid: use for pid, (_, use) in uses.items() if use is not None}
        self._at = now
        return {service: Resources(1, of.cores, of.memory) for service, of in found.items()}
