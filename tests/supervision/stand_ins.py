"""Stand-ins for the processes of a gateway: they do what the supervisor looks at, and nothing else."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Sequence

from gateway.routing.addresses import Address
from gateway.routing.places import Places
from gateway.supervision.generation import Commands, Setup
from gateway.supervision.listeners import Bound, Listeners
from gateway.supervision.supervisor import Supervisor

PYTHON = (sys.executable, "-c")
HEAD = "import os, sys, time, signal, socket, select\nfrom pathlib import Path\n"
WORKER = (
    HEAD
    + """
from gateway.monitoring.tally import TallyWriter
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _: (Path(sys.argv[1] + '.' + str(int(number))).touch(), os._exit(0)))
tally = TallyWriter(Path(sys.argv[1]), os.getpid())
tally.beat(time.monotonic(), 1, 3)
while not select.select([sys.stdin], [], [], 0.05)[0]:  # it wakes now and then: no signal is slept through
    tally.beat(time.monotonic(), 1, 3)
"""
)
ANSWER = """
import select
def answer(fd, path):
    Path(path).unlink(missing_ok=True)
    own = socket.socket(socket.AF_UNIX)
    own.bind(path)
    own.listen()
    waiting = select.epoll()
    waiting.register(int(fd), select.EPOLLIN)
    return own, waiting
"""
"""How a control process counts as ready: it listens on its socket, then its event loop waits on the port."""
CONTROL = HEAD + ANSWER + "waiting = answer(*sys.argv[1:3])\nsys.stdin.read()"
ACCEPT = """
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
while sys.stdin not in (ready := select.select([listener, sys.stdin], [], [], 0.05)[0]):
    if ready:
        listener.accept()[0].close()
"""
"""Takes connections on a Unix socket until its input ends: a queue that nobody empties is full after 129."""
REPLICA = (
    HEAD
    + """
while Path(sys.argv[1] + ".wait").exists():
    time.sleep(0.01)
path = Path(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: (path.unlink(missing_ok=True), os._exit(0)))
path.unlink(missing_ok=True)  # of one that was killed
"""
    + ACCEPT
)
STUBBORN = HEAD + "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nPath(sys.argv[1]).touch()\ntime.sleep(60)"


def worker_command(places: Places, number: int) -> list[str]:
    """Return how the stand-in of a worker is started."""
    return [*PYTHON, WORKER, str(places.tally(number))]


def commands(places: Places, worker: Callable[[int], Sequence[str]] | None = None) -> Commands:
    """Return how the stand-ins are started; `worker` may be another one."""
    return Commands(
        worker=lambda n, _: list(worker(n)) if worker else worker_command(places, n),
        control=lambda fd: [*PYTHON, CONTROL, str(fd), str(places.admin_socket)],
        replica=lambda _, path: [*PYTHON, REPLICA, path],
    )


def setup_of(sockets: Sequence[socket.socket], commands: Commands) -> Setup:
    """Return a setup of one worker for each socket but the last, which is the control process'."""
    here = Address("127.0.0.1", 0)
    listeners = Listeners(Bound(here, tuple(sockets[:-1])), Bound(here, (sockets[-1],)))
    return Setup(listeners, commands, len(sockets) - 1)


def supervisor_of(places: Places, setup: Setup) -> Supervisor:
    """Return a supervisor that reloads on the same setup."""
    return Supervisor(places, setup, {"supervisor": os.getpid()}, lambda _, before: before)
