"""The only place that builds the parts and wires them: one function for each kind of process.

Run as a module it becomes one of the processes that the supervisor starts. Imports stand inside the
functions, because each process loads only what it needs: a worker no YAML and no SQL, a replica no proxy.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.routing.addresses import Address
    from gateway.routing.places import Places
    from gateway.routing.plan import RoutingPlan


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What `gateway up` was told; `listen` and `admin` are empty where routing.yaml decides."""

    config: Path
    state: Path
    listen: str = ""
    admin: str = ""
    workers: int = 0


@dataclass(frozen=True, slots=True)
class Running:
    """What `gateway up` has started, for the message that says so."""

    config: Path
    listen: str
    admin: str
    state: Path
    workers: int
    compiled: bool
    seconds: float
    plan: RoutingPlan
    not_ready: list[str]


def log_to_stderr(called: str) -> None:
    """Send log lines of this process to standard error, with what it is called."""
    logging.basicConfig(
        level=logging.INFO, format=f"%(asctime)s %(levelname)s {called}: %(message)s", datefmt="%H:%M:%S"
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def up(options: UpOptions, on_ready: Callable[[Running], None]) -> None:
    """Run the gateway in the foreground until SIGTERM or SIGINT.

    Raises GatewayError where it cannot start: a broken routing.yaml, a port in use, one running already.
    """
    from gateway.routing.places import prepare, remove_run

    log_to_stderr("gateway")
    places = prepare(options.state.resolve())
    with places.up_lock.open("a") as lock:
        _hold(lock.fileno(), options.state)
        try:
            _clear(places.run)
            _supervise(options, places, on_ready)
        finally:
            remove_run(places)


def _supervise(options: UpOptions, places: Places, on_ready: Callable[[Running], None]) -> None:
    from gateway.routing.change import Request, begin
    from gateway.supervision.compiled import compiled_copy, compiled_home
    from gateway.supervision.supervisor import Commands, Supervisor

    config = options.config.resolve()
    if not config.is_file():
        raise GatewayError(f"{config}: there is no such file; write one or name it with --config")
    plan = begin(places, Request("file", "file"), config)
    workers = options.workers or len(os.sched_getaffinity(0))
    listen, admin_listen = _addresses(options, plan)
    listeners = bind_shared(listen, workers)
    admin = bind_shared(admin_listen, 1)[0]
    listen_at, admin_at = address_of(listeners[0]), address_of(admin)
    about: dict[str, object] = {
        "config": str(config),
        "listen": listen_at,
        "admin": admin_at,
        "supervisor": os.getpid(),
    }
    # -P: what lies in the folder that `gateway up` is typed in must never be imported.
    here = [sys.executable, "-P", "-m", "gateway.assemble"]
    copy = None if os.environ.get("GATEWAY_WORKERS") == "plain" else compiled_copy(compiled_home())
    faster = ["env", f"PYTHONPATH={copy}", *here] if copy else here
    commands = Commands(
        worker=lambda n, fd: [*faster, "worker", str(places.state), str(n), str(fd)],
        control=lambda fd: [*here, "control", str(places.state), str(config), str(fd)],
        replica=lambda model, path: [*here, "replica", str(config.parent / model), path],
        spare=lambda models: [*here, "spare", *(str(config.parent / model) for model in models)],
    )
    supervisor = Supervisor(places, commands, listeners, admin, about, lambda: _make_anew(places))
    supervisor.run(
        lambda seconds: on_ready(
            Running(
                options.config,
                listen_at,
                admin_at,
                options.state,
                workers,
                copy is not None,
                seconds,
                plan,
                supervisor.not_ready(),
            )
        )
    )


def _make_anew(places: Places) -> None:
    from gateway.routing.change import republish
    from gateway.routing.places import prepare

    prepare(places.state)
    republish(places)


HOLD_TRIES, HOLD_PAUSE = 20, 0.01


def _hold(fd: int, state: Path) -> None:
    for _ in range(HOLD_TRIES):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(HOLD_PAUSE)  # `status` holds it for an instant to see whether anybody does
    raise GatewayError(
        f"a gateway is already running with the state directory {state}; "
        "see `gateway status`, or give this one another --state-dir"
    )


def _clear(run: Path) -> None:
    """Remove what an earlier run left in memory."""
    for path in run.iterdir():
        path.unlink()


def _addresses(options: UpOptions, plan: RoutingPlan) -> tuple[Address, Address]:
    """Return where to listen for requests and for the admin side: as told, else as the file says."""
    from gateway.routing.addresses import parse_address

    found = []
    for option, value in (
        ("--listen", options.listen or plan.listen),
        ("--admin", options.admin or plan.admin),
    ):
        address = parse_address(value)
        if isinstance(address, str):
            raise GatewayError(f"{option} {value}: {address}; write host:port, as in 127.0.0.1:8080")
        found.append(address)
    listen, admin = found
    if not admin.is_loopback:
        raise GatewayError(
            f"--admin {admin} can be reached from other machines, and the admin side asks nobody who they "
            "are; keep it on 127.0.0.1"
        )
    if admin.overlaps(listen):
        raise GatewayError(f"--listen and --admin are both {admin}; give one of them another port")
    return listen, admin


def bind_shared(address: Address, count: int) -> list[socket.socket]:
    """Bind `count` listening sockets to one address; the kernel spreads connections over them.

    Raises GatewayError where the address cannot be had.
    """
    host, port = address.host, address.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sockets: list[socket.socket] = []
    try:
        for _ in range(count):
            bound = socket.socket(family, socket.SOCK_STREAM)
            sockets.append(bound)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if count > 1:
                _refuse_if_taken(family, host, port, sockets)
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind((host, port or sockets[0].getsockname()[1]))
            bound.listen(4096)
    except OSError as error:
        for bound in sockets:
            bound.close()
        raise GatewayError(
            f"cannot listen on {address}: {error.strerror}; end what uses that port, or choose another one "
            "with --listen and --admin or by `listen` and `admin` in routing.yaml"
        ) from error
    return sockets


def _refuse_if_taken(family: int, host: str, port: int, sockets: list[socket.socket]) -> None:
    """A shared port would silently be shared with another gateway as well, so try it unshared first."""
    if len(sockets) > 1 or port == 0:
        return
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def address_of(bound: socket.socket) -> str:
    """Return the `host:port` a socket is bound to."""
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def worker(state: str, number: str, fd: str) -> None:
    """Be worker `number`, accepting on the inherited socket `fd`."""
    from gateway.proxy.worker import run
    from gateway.routing.places import Places

    log_to_stderr(f"worker {number}")
    run(Places(Path(state)), int(number), socket.socket(fileno=int(fd)))


def control(state: str, config: str, fd: str) -> None:
    """Be the control process, answering on the inherited socket `fd`."""
    from gateway.control.process import run
    from gateway.routing.places import Places

    log_to_stderr("control")
    run(Places(Path(state)), Path(config), socket.socket(fileno=int(fd)))


def replica(folder: str, path: str) -> None:
    """Be a replica of the model version in `folder`, answering on a Unix socket."""
    from gateway.serving.service import serve

    log_to_stderr(f"replica of {folder}")
    serve(Path(folder), f"unix:{path}", lifeline=True)


def spare(*folders: str) -> None:
    """Load what replicas need, then wait to be told which one to become."""
    from gateway.serving.service import serve, warm_up

    log_to_stderr("spare")
    warm_up([Path(folder) for folder in folders])
    told = sys.stdin.readline()
    if told:
        folder, path = json.loads(told)
        serve(Path(folder), f"unix:{path}", lifeline=True)


def main(arguments: list[str]) -> int:
    """Become the process that the supervisor asks for."""
    roles: dict[str, Callable[..., None]] = {
        "worker": worker,
        "control": control,
        "replica": replica,
        "spare": spare,
    }
    try:
        roles[arguments[0]](*arguments[1:])
    except GatewayError as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
