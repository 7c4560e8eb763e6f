"""A generation: the workers and the control process that were started together, on the same sockets and code.

A reload starts the next one beside it. Both accept on the same sockets until all of the next one is ready;
then the old one is told to leave, and never before.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.monitoring.tally import WorkerState, read_state
from gateway.routing.places import Places
from gateway.supervision.listeners import Listeners
from gateway.supervision.process import Process

log = logging.getLogger("gateway.supervisor")

HUNG_AFTER = 10.0
"""Seconds without a beat, of which there are ten each second."""
WORKER_PATIENCE = 1.0
"""Seconds at most until a worker is started again: whoever connects to its socket waits for it meanwhile."""


@dataclass(frozen=True, slots=True)
class Commands:
    """How each kind of process is started.

    A worker is given its number and the sockets it accepts on by what they are for, plain first. A spare,
    given the models it may become, waits to be told the last two arguments of a replica. Without a command
    for recorder or keeper there is none.
    """

    worker: Callable[[int, Mapping[str, int]], list[str]]
    control: Callable[[int], list[str]]
    replica: Callable[[str, str], list[str]]
    spare: Callable[[list[str]], list[str]] | None = None
    recorder: Sequence[str] = ()
    keeper: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """What a generation runs on: its sockets, its code, and how many `workers` there are.

    `compiled`: the workers' code is the compiled copy. `admin` is how the admin side is protected, as its
    process is told.
    """

    listeners: Listeners
    commands: Commands
    workers: int
    compiled: bool = False
    admin: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """The workers and the control process of one setup."""

    setup: Setup
    workers: tuple[Process, ...]
    control: Process

    def processes(self) -> list[Process]:
        """Return all of them, the control process first."""
        return [self.control, *self.workers]


def new_generation(setup: Setup, taken: Iterable[int] = ()) -> Generation:
    """Return the processes of a setup, not started yet.

    A tally has one writer, so a worker gets a number that none of those `taken` by living workers is. Numbers
    of gone workers are used again: their counts go on, and the files do not grow in number.
    """
    busy = set(taken)
    workers = []
    for slot in range(setup.workers):
        number = slot
        while number in busy:
            number += setup.workers
        fds = setup.listeners.of_worker(slot)
        command = setup.commands.worker(number, fds)
        workers.append(Process("worker", command, number=number, pass_fds=tuple(fds.values())))
        workers[-1].patience = WORKER_PATIENCE
    admin = setup.listeners.admin.sockets[0].fileno()
    control = Process("control", setup.commands.control(admin), pass_fds=(admin,))
    return Generation(setup, tuple(workers), control)


def is_ready(places: Places, process: Process) -> bool:
    """Tell whether a worker serves a plan, or the control process waits for connections."""
    if process.role == "worker":
        state = state_of(places, process)
        return state is not None and state.revision > 0 and state.beat >= process.started
    return bool(process.pid) and is_accepting(process.pid, process.pass_fds[0])


def state_of(places: Places, worker: Process) -> WorkerState | None:
    """Return what a running worker says of itself; None before its first word."""
    try:
        state = read_state(places.tally(worker.number))
    except (OSError, ValueError):
        return None
    return state if state.pid == worker.pid and state.pid else None


def is_hung(places: Places, worker: Process, now: float) -> bool:
    """Tell whether a worker has said nothing for so long that it will not go on; `now` is CLOCK_MONOTONIC.

    It still holds its part of the connections, so everybody who gets one of these would wait for ever.
    """
    state = state_of(places, worker)
    return state is not None and now - max(state.beat, worker.started) > HUNG_AFTER


def kill_hung(places: Places, workers: Iterable[Process], now: float) -> None:
    """Kill the workers that have hung; they are then found dead, and started again."""
    for worker in workers:
        if is_hung(places, worker, now):
            log.error("%s has hung for %g s: it is killed and started again", called(worker), HUNG_AFTER)
            worker.signal(signal.SIGKILL)


def is_accepting(pid: int, fd: int) -> bool:
    """Tell whether the event loop of a process waits for connections on a socket it inherited as `fd`.

    Asked by a connection, it is not known which of two processes on the same socket has answered; what its
    epoll waits for the kernel says (proc(5), `tfd`).
    """
    try:
        for info in Path(f"/proc/{pid}/fdinfo").iterdir():
            for line in info.read_text().splitlines():
                if line.startswith("tfd:") and int(line.split()[1]) == fd:
                    return True
    except OSError:
        return False  # it has just ended, or closed that file
    return False


def called(process: Process) -> str:
    """Return how the log names a process."""
    name = f"{process.role} {process.service}".strip()
    return f"{name} {process.number}" if process.role in ("worker", "replica", "spare") else name


def described(process: Process) -> dict[str, Any]:
    """Return how `status` is told of a process."""
    return {
        "role": process.role,
        "service": process.service,
        "number": process.number,
        "pid": process.pid,
        "restarts": process.restarts,
    }
