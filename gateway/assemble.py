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

log = logging.getLogger("gateway")

if TYPE_CHECKING:
    from gateway.control.access.listening import Listening
    from gateway.routing.addresses import Address
    from gateway.routing.places import Places
    from gateway.routing.plan import RoutingPlan
    from gateway.supervision.generation import Commands, Setup


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What `gateway up` was told; `listen` and `admin` are empty where routing.yaml decides.

    `without`: what the admin side may do without, see `gateway.control.access.listening`. `who` typed it.
    """

    config: Path
    state: Path
    listen: str = ""
    admin: str = ""
    workers: int = 0
    without: tuple[str, ...] = ()
    who: str = "cli"


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


def log_to_stderr(called: str, run: Path | None = None) -> None:
    """Send log lines of this process to standard error, with what it is called.

    `run` is the directory in memory, where it says in which format and from which level on.
    """
    from gateway.monitoring.process_log import install
    from gateway.routing.slot import LOGGING

    install(called, run / LOGGING if run else None)


def up(options: UpOptions, on_ready: Callable[[Running], None]) -> None:
    """Run the gateway in the foreground until SIGTERM or SIGINT.

    Raises GatewayError where it cannot start: a broken routing.yaml, a port in use, one running already.
    """
    from gateway.routing.places import prepare, remove_run
    from gateway.supervision.recording import rescue_records

    places = prepare(options.state.resolve())
    log_to_stderr("gateway", places.run)
    with places.up_lock.open("a") as lock:
        _hold(lock.fileno(), options.state)
        try:
            rescue_records(places, options.config.resolve().parent)
            _clear(places.run)
            _supervise(options, places, on_ready)
        finally:
            rescue_records(places, options.config.resolve().parent)
            remove_run(places)


def _supervise(options: UpOptions, places: Places, on_ready: Callable[[Running], None]) -> None:
    from gateway.routing.change import Request, begin
    from gateway.supervision.recorded import Life
    from gateway.supervision.supervisor import Supervisor

    config = options.config.resolve()
    life = Life(places, options.who, config.parent)

    def setup_for(plan: RoutingPlan, before: Setup | None = None) -> Setup:
        found = _setup(options, places, plan, before)
        life.prepared(plan.revision, found)
        return found

    with life.starting():
        if not config.is_file():
            raise GatewayError(f"{config}: there is no such file; write one or name it with --config")
        plan = begin(places, Request("file", "file"), config)
        setup = setup_for(plan)
    supervisor = Supervisor(
        places,
        setup,
        {
            "config": str(config),
            "supervisor": os.getpid(),
            "overrides": [name for name in ("listen", "admin") if getattr(options, name)],
        },
        setup_for,
        lambda: _make_anew(places),
        life.reloaded,
    )

    def ready(seconds: float) -> None:
        on_ready(_running(options, setup, plan, seconds, supervisor.not_ready()))

    with life.lasting():
        supervisor.run(ready)


def _setup(options: UpOptions, places: Places, plan: RoutingPlan, before: Setup | None = None) -> Setup:
    """Return what a generation of processes runs on: this plan's sockets, and the code as it is now.

    Raises GatewayError where a port or a certificate cannot be had.
    """
    from gateway.supervision.compiled import compiled_copy, compiled_home
    from gateway.supervision.generation import Setup
    from gateway.supervision.listeners import bind, wanted

    config = options.config.resolve()
    workers = options.workers or len(os.sched_getaffinity(0))
    where = wanted(plan, options.listen, options.admin)
    listening = _protected(options, places, plan, where.admin)
    if plan.tls is not None:
        from gateway.proxy.tls import ServerTls

        ServerTls(config.parent, plan.tls)  # whoever starts a gateway hears of it, and not every worker
    copy = None if os.environ.get("GATEWAY_WORKERS") == "plain" else compiled_copy(compiled_home())
    listeners = bind(where, workers, before.listeners if before else None)
    told = listening.told()
    return Setup(listeners, _commands(places, config, copy, told), workers, copy is not None, told)


def _protected(options: UpOptions, places: Places, plan: RoutingPlan, address: Address) -> Listening:
    """Return how the admin side will be reached; raises GatewayError where others could, unprotected."""
    from gateway.control.access.listening import WITHOUT_AUTH, WITHOUT_TLS, Listening
    from gateway.routing.certificates import why_no_key

    told = WITHOUT_TLS in options.without, WITHOUT_AUTH in options.without
    listening = Listening(address, plan.admin_settings, *told)
    listening.check()
    if (tls := plan.admin_settings.tls) is not None:
        reason = why_no_key(options.config.resolve().parent, tls.key, tls.cert)
        if reason:
            raise GatewayError(f"`tls` of `admin` cannot be used: {tls.key}: {reason}")
    if listening.asks_who and not _has_token(places):
        log.warning(
            "the admin side wants a token and there is none; "
            "make one here: gateway token create NAME --role admin"
        )
    return listening


def _has_token(places: Places) -> bool:
    from gateway.control.access.token_store import TokenStore

    if not places.access.exists():
        return False
    now = time.time()
    return any(token.is_in_force(now) for token in TokenStore(places.access).all())


def _commands(places: Places, config: Path, copy: Path | None, told: str) -> Commands:
    from gateway.supervision.generation import Commands

    # -P: what lies in the folder that `gateway up` is typed in must never be imported.
    here = [sys.executable, "-P", "-m", "gateway.assemble"]
    worker = ["env", *WORKER_HEAP, *([f"PYTHONPATH={copy}"] if copy else []), *here]
    state, folder = str(places.state), config.parent
    return Commands(
        worker=lambda n, fds: [
            *worker,
            "worker",
            state,
            str(n),
            str(folder),
            *(f"{name}={fd}" for name, fd in fds.items()),
        ],
        control=lambda fd: [*here, "control", state, str(config), str(fd), told],
        replica=lambda model, path: [*here, "replica", str(folder / model), path],
        spare=lambda models: [*here, "spare", *(str(folder / model) for model in models)],
        recorder=[*worker, "recorder", state, str(folder)],
        keeper=[*here, "keeper", state, str(folder)],
    )


def _running(
    options: UpOptions, setup: Setup, plan: RoutingPlan, seconds: float, not_ready: list[str]
) -> Running:
    listeners = setup.listeners
    return Running(
        options.config,
        str(listeners.plain),
        str(listeners.admin),
        options.state,
        setup.workers,
        setup.compiled,
        seconds,
        plan,
        not_ready,
    )


def _make_anew(places: Places) -> None:
    from gateway.routing.change import republish
    from gateway.routing.places import prepare

    prepare(places.state)
    republish(places)


WORKER_HEAP = ("MALLOC_MMAP_THRESHOLD_=4194304", "MALLOC_TRIM_THRESHOLD_=33554432")
"""Large bodies come in pieces of up to 256 KiB. The C library would fetch the memory of each from the kernel
and return it at once, which costs a worker three times as much as the rest of its work on such bodies."""
HOLD_TRIES, HOLD_PAUSE = 20, 0.01
KEEPER_NICE = 10


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


def main(arguments: list[str]) -> int:
    """Become the process that the supervisor asks for."""
    roles: dict[str, Callable[..., None]] = {
        "worker": worker,
        "control": control,
        "replica": replica,
        "spare": spare,
        "recorder": recorder,
        "keeper": keeper,
    }
    try:
        roles[arguments[0]](*arguments[1:])
    except GatewayError as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
