"""What each process is made of: one function for each role that the supervisor starts.

Everything of the product is imported by the role that needs it, and by no other.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

KEEPER_NICE = 10


def log_to_stderr(called: str, run: Path | None = None) -> None:
    """Send log lines of this process to standard error, with what it is called.

    `run` is the directory in memory, where it says in which format and from which level on.
    """
    from gateway.monitoring.process_log import install
    from gateway.routing.slot import LOGGING

    install(called, run / LOGGING if run else None)


def worker(state: str, number: str, folder: str, *fds: str) -> None:
    """Be worker `number` on inherited sockets, such as `plain=5`; certificates are named from `folder`."""
    from gateway.proxy.worker import run
    from gateway.routing.places import Places

    places = Places(Path(state))
    log_to_stderr(f"worker {number}", places.run)
    named = dict(word.split("=") for word in fds)
    listeners = {name: socket.socket(fileno=int(fd)) for name, fd in named.items()}
    run(places, int(number), Path(folder), listeners)


def control(state: str, config: str, fd: str, told: str = "") -> None:
    """Be the control process, answering on the inherited socket `fd`, protected as `told`."""
    from gateway.control.access.listening import listening_at
    from gateway.control.process import run
    from gateway.routing.addresses import Address
    from gateway.routing.places import Places

    places = Places(Path(state))
    log_to_stderr("control", places.run)
    admin = socket.socket(fileno=int(fd))
    host, port = admin.getsockname()[:2]
    run(places, Path(config), admin, listening_at(Address(host, port), told))


def recorder(state: str, folder: str) -> None:
    """Be the recorder of the request log; keys are named from `folder`."""
    from gateway.requestlog.recorder_process import run
    from gateway.routing.places import Places
    from gateway.supervision.recording import wiring

    places = Places(Path(state))
    log_to_stderr("recorder", places.run)
    run(wiring(places, Path(folder)))


def keeper(state: str, folder: str) -> None:
    """Be the keeper of the request log, which lets all others have the processor first."""
    from gateway.control.notify import Notifier
    from gateway.routing.places import Places
    from gateway.watching.keeper import Keeper, run
    from gateway.watching.keeper_tasks import tasks

    os.nice(KEEPER_NICE)
    places = Places(Path(state))
    log_to_stderr("keeper", places.run)
    run(Keeper(tasks(places, Path(folder), Notifier(Path(folder)).tell), places.keeper))


def replica(folder: str, path: str) -> None:
    """Be a replica of the model version in `folder`, answering on a Unix socket."""
    from gateway.serving.service import serve

    log_to_stderr(f"replica of {folder}", Path(path).parent)
    serve(Path(folder), f"unix:{path}", lifeline=True)


def spare(*folders: str) -> None:
    """Load what replicas need, then wait to be told which one to become."""
    from gateway.serving.service import serve, warm_up

    log_to_stderr("spare")
    warm_up([Path(folder) for folder in folders])
    told = sys.stdin.readline()
    if told:
        folder, path = json.loads(told)
        log_to_stderr(f"replica of {folder}", Path(path).parent)
        serve(Path(folder), f"unix:{path}", lifeline=True)
