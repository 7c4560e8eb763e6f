"""The replicas that a plan asks for: started, retired once others have taken their place, spared the wait."""

from __future__ import annotations

import logging
import socket
import time

from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.supervision.generation import Commands
from gateway.supervision.process import Process

log = logging.getLogger("gateway.supervisor")

RETIRE_AFTER, RETIRE_LATEST = 1.0, 60.0
"""Seconds for which workers may still need a replica that the plan no longer has, once the others are ready;
and for which the replicas of other services are waited for."""

ReplicaKey = tuple[str, str, int]


class Replicas:
    """The model services of one gateway; `running` are those of the plan."""

    def __init__(self, places: Places, commands: Commands) -> None:
        self.commands = commands
        self.running: dict[ReplicaKey, Process] = {}
        self.spare: Process | None = None
        self._places = places
        self._ready_since: dict[ReplicaKey, float] = {}
        self._retired: list[tuple[float, ReplicaKey, Process]] = []

    def follow(self, plan: RoutingPlan) -> None:
        """Have what the plan asks for, and let go what it does not, or has parked."""
        running = [s for s in plan.services if s.model and s.name not in plan.parked]
        wanted = {(s.name, s.model, n) for s in running for n in range(s.replicas)}
        now = time.monotonic()
        for key in wanted - self.running.keys():
            self.running[key] = self._taken_back(key) or self._new(key)
        for key in self.running.keys() - wanted:
            self._retired.append((now, key, self.running.pop(key)))

    def _new(self, key: ReplicaKey) -> Process:
        service, model, number = key
        command = self.commands.replica(model, str(self._places.socket(service, model, number)))
        return Process("replica", command, service, number)

    def _taken_back(self, key: ReplicaKey) -> Process | None:
        """Return the replica that a plan let go and the next one wants again, if it was not ended yet."""
        for retired in self._retired:
            if retired[1] == key and not retired[2].ended:
                self._retired.remove(retired)
                return retired[2]
        return None

    def not_listening(self) -> list[ReplicaKey]:
        """Return those that cannot be connected to yet."""
        return [key for key in self.running if not is_listening(self._places, key)]

    def retired(self) -> list[Process]:
        """Return what the plan no longer has and is not gone yet, and the spare."""
        return [process for _, _, process in self._retired] + ([self.spare] if self.spare else [])

    def wants_spare(self) -> bool:
        """Tell whether a warm process is missing, one that has loaded the libraries."""
        return self.spare is None and self.commands.spare is not None and bool(self.running)

    def make_spare(self) -> None:
        """Make that process, for the models there are now."""
        if self.commands.spare is not None:
            models = sorted({model for _, model, _ in self.running})
            self.spare = Process("spare", self.commands.spare(models))

    def tend_spare(self) -> None:
        """Start the spare, anew where it has become a replica."""
        if self.spare is not None:
            self.spare.tend()

    def end_retired(self) -> None:
        """End replicas that the plan no longer has, a while after those that take their place are ready.

        Which services take whose place the supervisor does not know, so at first it waits for all.
        """
        now = time.monotonic()
        waiting = []
        listening = {key: is_listening(self._places, key) for key in self.running} if self._retired else {}
        for since, key, process in self._retired:
            any_service = now - since < RETIRE_LATEST
            ready = all(up for other, up in listening.items() if any_service or other[0] == process.service)
            ready_since = self._ready_since.setdefault(key, now) if ready else now
            if not ready:
                self._ready_since.pop(key, None)
            if now - ready_since > RETIRE_AFTER:
                process.stop()
            if process.ended and process.is_gone():
                self._ready_since.pop(key, None)
            else:
                waiting.append((since, key, process))
        self._retired = waiting


def is_listening(places: Places, key: ReplicaKey) -> bool:
    """Tell whether a replica can be connected to, which it can once its model is loaded."""
    service, model, number = key
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(places.socket(service, model, number)))
        except OSError:
            return False
        return True
