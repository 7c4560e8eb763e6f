"""`gateway up`: one gateway for a state directory, in the foreground until it is told to stop."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.assemble.options import Running, UpOptions
from gateway.assemble.roles import log_to_stderr
from gateway.assemble.setup import setup_of
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.routing.places import Places
    from gateway.routing.plan import RoutingPlan
    from gateway.supervision.generation import Setup

HOLD_TRIES, HOLD_PAUSE = 20, 0.01


def up(options: UpOptions, on_ready: Callable[[Running], None]) -> None:
    """Run the gateway in the foreground until SIGTERM or SIGINT.

    Raises GatewayError where it cannot start: a broken routing.yaml, a port in use, one running already.
    """
    from gateway.routing.run_directory import prepare, remove_run
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
    from gateway.supervision.recorded import Life
    from gateway.supervision.supervisor import Supervisor

    config = options.config.resolve()
    life = Life(places, options.who, config.parent)

    def setup_for(plan: RoutingPlan, before: Setup | None = None) -> Setup:
        found = setup_of(options, places, plan, before)
        life.prepared(plan.revision, found)
        return found

    with life.starting():
        plan = _first_plan(places, config)
        setup = setup_for(plan)
    about = {
        "config": str(config),
        "supervisor": os.getpid(),
        "started": time.time(),
        "overrides": [name for name in ("listen", "admin") if getattr(options, name)],
    }
    supervisor = Supervisor(places, setup, about, setup_for, lambda: _make_anew(places), life.reloaded)

    def ready(seconds: float, not_ready: list[str]) -> None:
        on_ready(_running(options, setup, plan, seconds, not_ready))

    with life.lasting():
        supervisor.run(ready)


def _first_plan(places: Places, config: Path) -> RoutingPlan:
    from gateway.routing.change import Request
    from gateway.routing.file_sync import begin

    if not config.is_file():
        raise GatewayError(f"{config}: there is no such file; write one or name it with --config")
    return begin(places, Request("file", "file"), config)


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
    from gateway.routing.run_directory import prepare

    prepare(places.state)
    republish(places)


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
