"""The first process of `gateway up`: it keeps the others running and does nothing else.

It holds the listening sockets, so that a worker that is killed loses only what it was answering: whoever
connects meanwhile waits in the socket's queue for the next one. It also holds the other end of everyone's
standard input; should it be killed itself, that ends and all of them drain.
"""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.monitoring.tally import read_state
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.slot import PlanSlot, published, replace_file
from gateway.supervision.process import Process, exit_reason

log = logging.getLogger("gateway.supervisor")

TICK = 0.1
RETIRE_AFTER, RETIRE_LATEST = 1.0, 60.0
"""Seconds for which workers may still need a replica that the plan no longer has, once the others are ready;
and for which the replicas of other services are waited for."""
STOP_TIMEOUT = 35.0
WORKERS_WAIT, READY_WAIT = 10.0, 12.0
SAY_EVERY = 3.0
"""Seconds that workers wait for the replicas at the start, not for ever: one model may not load at all."""

ReplicaKey = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Commands:
    """How each kind of process is started.

    A spare, given the models it may become, waits to be told the last two arguments of a replica.
    """

    worker: Callable[[int, int], list[str]]
    control: Callable[[int], list[str]]
    replica: Callable[[str, str], list[str]]
    spare: Callable[[list[str]], list[str]] | None = None


class Supervisor:
    """Keeps workers, control process and replicas running as the published plan says."""

    def __init__(
        self,
        places: Places,
        commands: Commands,
        listeners: list[socket.socket],
        admin: socket.socket,
        about: dict[str, object],
        republish: Callable[[], None] = lambda: None,
    ) -> None:
        """`republish` makes the directory in memory and the slot in it anew, should somebody remove them."""
        self._places = places
        self._commands = commands
        self._about = about
        self._republish = republish
        self._listeners = listeners
        self._slot = PlanSlot(places)
        self._revision = -1
        self._replicas: dict[ReplicaKey, Process] = {}
        self._ready_since: dict[ReplicaKey, float] = {}
        self._retired: list[tuple[float, ReplicaKey, Process]] = []
        self._workers = [
            self._process("worker", commands.worker(n, s.fileno()), number=n, pass_fds=(s.fileno(),))
            for n, s in enumerate(listeners)
        ]
        self._control = self._process("control", commands.control(admin.fileno()), pass_fds=(admin.fileno(),))
        self._spare: Process | None = None
        self._written = ""
        self._began = time.monotonic()
        self._may_serve = False

    def _process(
        self,
        role: str,
        command: list[str],
        service: str = "",
        number: int = 0,
        pass_fds: tuple[int, ...] = (),
    ) -> Process:
        return Process(role, command, service, number, pass_fds)

    def processes(self) -> list[Process]:
        """Return everything that should be running."""
        return [self._control, *self._workers, *self._replicas.values()]

    def tend(self) -> None:
        """One turn: follow the plan, start what is missing, say what runs."""
        if not self._places.slot.exists():
            self._recover()
        self._follow_plan()
        self._may_serve = self._may_serve or self._has_replicas()
        for process in self.processes():
            if process.role == "worker" and not self._may_serve:
                continue
            try:
                status = process.tend(self._spare if process.role == "replica" else None)
            except OSError as error:
                log.error("%s cannot be started (%s); it is tried again", _called(process), error)
                continue
            if status is not None:
                log.warning("%s %s; it is started again", _called(process), exit_reason(status))
        self._keep_spare()
        self._end_retired()
        self._write_processes()

    def _keep_spare(self) -> None:
        """Keep one process warm that has loaded the libraries, so that a dead replica is back at once."""
        if self._spare is None and self._commands.spare and self._replicas and not self.not_ready():
            models = sorted({model for _, model, _ in self._replicas})
            self._spare = self._process("spare", self._commands.spare(models))
        if self._spare is not None:
            self._spare.tend()

    def _recover(self) -> None:
        log.error("%s was removed: it is made anew, and what used it starts again", self._places.run)
        self._republish()
        self._slot = PlanSlot(self._places)
        self._written = ""
        for process in self.processes():
            process.signal(signal.SIGTERM)

    def _has_replicas(self) -> bool:
        """Tell whether workers may start; who connects before waits, rather than hears that all is down."""
        waited = time.monotonic() - self._began > WORKERS_WAIT
        return waited or all(is_listening(self._places, key) for key in self._replicas)

    def _follow_plan(self) -> None:
        revision = self._slot.word[0]
        if revision == self._revision:
            return
        plan = published(self._places)
        if plan is None:
            return
        self._revision = revision
        wanted = _wanted(plan)
        now = time.monotonic()
        for key in wanted - self._replicas.keys():
            self._replicas[key] = self._taken_back(key) or self._new_replica(key)
        for key in self._replicas.keys() - wanted:
            self._retired.append((now, key, self._replicas.pop(key)))

    def _new_replica(self, key: ReplicaKey) -> Process:
        service, model, number = key
        command = self._commands.replica(model, str(self._places.socket(service, model, number)))
        return self._process("replica", command, service, number)

    def _taken_back(self, key: ReplicaKey) -> Process | None:
        """Return the replica that a plan let go and the next one wants again, if it was not ended yet."""
        for retired in self._retired:
            if retired[1] == key and not retired[2].ended:
                self._retired.remove(retired)
                return retired[2]
        return None

    def _end_retired(self) -> None:
        """End replicas that the plan no longer has, a while after those that take their place are ready.

        Which services take whose place the supervisor does not know, so at first it waits for all.
        """
        now = time.monotonic()
        waiting = []
        listening = {key: is_listening(self._places, key) for key in self._replicas} if self._retired else {}
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

    def _write_processes(self) -> None:
        found = [
            {
                "role": process.role,
                "service": process.service,
                "number": process.number,
                "pid": process.pid,
                "restarts": process.restarts,
            }
            for process in self.processes()
        ]
        text = json.dumps({**self._about, "processes": found})
        if text != self._written:
            replace_file(self._places.processes, text.encode())
            self._written = text

    def not_ready(self) -> list[str]:
        """Return what cannot answer yet, in words."""
        places = self._places
        pending = [f"{key[0]} replica {key[2]}" for key in self._replicas if not is_listening(places, key)]
        pending += [f"worker {w.number}" for w in self._workers if not _serves(places, w.number)]
        return pending

    def run(self, on_ready: Callable[[float], None]) -> None:
        """Tend until SIGTERM or SIGINT, then drain. `on_ready` is told the seconds it took.

        What never becomes ready delays that for a while only; `not_ready` says what it is.
        """
        began = time.monotonic()
        ready = False
        say_at = began + SAY_EVERY
        with Signals((signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)) as signals:
            while not signals.stop_asked():
                try:
                    self.tend()
                except OSError:
                    log.exception("the processes could not all be looked after; it is tried again")
                if not ready:
                    now = time.monotonic()
                    pending = self.not_ready()
                    ready = not pending or now - began > READY_WAIT
                    if ready:
                        on_ready(now - began)
                    elif now > say_at:
                        log.info("waiting for %s", ", ".join(pending))
                        say_at = now + SAY_EVERY
                signals.wait(TICK if ready else TICK / 4)
            self.drain(signals)

    def drain(self, signals: Signals) -> None:
        """End the workers first, then what they depend on; whoever does not end in time is killed.

        The listening sockets go first: nobody shall wait in a queue that nobody looks at any more.
        """
        log.info("draining; a second Ctrl-C ends at once")
        for listener in self._listeners:
            listener.close()
        retired = [process for _, _, process in self._retired]
        spares = [self._spare] if self._spare else []
        for group in (self._workers, [self._control, *self._replicas.values(), *retired, *spares]):
            for process in group:
                process.stop()
            deadline = time.monotonic() + STOP_TIMEOUT
            while remaining := [process for process in group if not process.is_gone()]:
                if time.monotonic() > deadline or signals.insists():
                    for process in remaining:
                        log.error("%s did not end in time and is killed", _called(process))
                        process.signal(signal.SIGKILL)
                signals.wait(TICK)


def _wanted(plan: RoutingPlan) -> set[ReplicaKey]:
    return {(s.name, s.model, n) for s in plan.services if s.model for n in range(s.replicas)}


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


def _serves(places: Places, worker: int) -> bool:
    """Tell whether a worker has a plan to serve."""
    try:
        return read_state(places.tally(worker)).revision > 0
    except (OSError, ValueError):
        return False


def _called(process: Process) -> str:
    name = f"{process.role} {process.service}".strip()
    return name if process.role == "control" else f"{name} {process.number}"


class Signals:
    """Turns signals into something to wait for; restores the handlers at the end."""

    def __init__(self, numbers: tuple[signal.Signals, ...]) -> None:
        self._numbers = numbers
        self._asked = 0

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
        if number != signal.SIGCHLD:
            self._asked += 1

    def stop_asked(self) -> bool:
        """Tell whether a signal to stop has come."""
        return self._asked > 0

    def insists(self) -> bool:
        """Tell whether it has come again: somebody does not want to wait for the drain."""
        return self._asked > 1

    def wait(self, seconds: float) -> None:
        """Return at the next signal, at the latest after so many seconds."""
        waiting = select.poll()  # `select` knows no file beyond the 1,024th
        waiting.register(self._reader, select.POLLIN)
        if waiting.poll(seconds * 1000):
            os.read(self._reader, 512)
