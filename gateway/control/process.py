"""The control process: the admin side on its two sockets; beside it the file is watched and rollouts move.

It may be killed at any moment: the data plane does not ask it for anything, and what it left undone is found
by the next one.
"""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import orjson
import uvicorn

from gateway.control.access.listening import Listening
from gateway.control.admin_server import AdminServer, strict_context
from gateway.control.app import build_app
from gateway.control.notify import Notifier
from gateway.control.pages.desk import Desk
from gateway.control.pages.recent import History, Sampler
from gateway.control.trail.sealer import sealer
from gateway.control.trail.watch import Audited
from gateway.control.tries.public import PublicPages
from gateway.control.watcher import Watcher
from gateway.files import replace_file
from gateway.lifeline import at_end_of_input
from gateway.rollout import record
from gateway.rollout.controller import Controller
from gateway.rollout.hooks import Hooks
from gateway.rollout.judge import judge
from gateway.rollout.ports import Ports
from gateway.rollout.providers import Providers
from gateway.rollout.read import EvidenceReader
from gateway.routing.admin_document import admin_part
from gateway.routing.places import Places

END_WITHIN = 0.5
"""Seconds that answers still under way are given once the process was told to end."""
SIGNED_WITHIN = 2.0
"""Seconds for the last head: it waits for the disk."""
SWITCH_INTERVAL = 0.0005
"""Seconds between thread switches: a rollback must not wait behind a long file that is being parsed."""


def run(places: Places, config: Path, admin: socket.socket, listening: Listening) -> None:
    """Serve the admin side, follow routing.yaml, move rollouts; until SIGTERM, SIGINT or the end of input."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    replace_file(places.admin_in_force, orjson.dumps(admin_part(listening.settings)))
    watcher = Watcher(places, config)
    controller = _controller(places, config, watcher)
    history = History()
    desk = Desk(places, watcher.settle, history, lambda: server.should_exit)
    app = build_app(places, desk.settle, listening, desk, config.parent)
    server = AdminServer(_configuration(app, listening, config.parent), places.admin_socket)

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn raises the signal once more when it has ended; met by this handler, that is exit status 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    at_end_of_input(stop)
    with ExitStack() as beside:
        # They end in reverse: whatever may still be recorded is, and then the sealer signs all of it.
        beside.enter_context(_beside(sealer(places, config.parent), "sealer", SIGNED_WITHIN))
        beside.callback(app.recorder.close)
        beside.enter_context(_beside(watcher, "watcher"))
        beside.enter_context(_beside(controller, "controller"))
        beside.enter_context(_beside(PublicPages(places), "public pages"))
        beside.enter_context(_beside(Sampler(places, history), "sampler"))
        server.run(sockets=[admin])


class _Runs(Protocol):
    def run(self) -> None: ...

    def stop(self) -> None: ...


@contextmanager
def _beside(work: _Runs, name: str, end_within: float = END_WITHIN) -> Iterator[None]:
    """Have something run in a thread of its own meanwhile; its end is waited for so many seconds."""
    thread = threading.Thread(target=work.run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        work.stop()
        thread.join(end_within)


def _controller(places: Places, config: Path, watcher: Watcher) -> Controller:
    ports = Ports(
        reader=EvidenceReader,
        judge=judge,
        store=record,
        providers=Providers(places),
        hooks=Hooks(),
        notifier=Notifier(config.parent),
        wake=watcher.wake,
    )
    return Controller(places, ports)


def _configuration(app: Audited, listening: Listening, folder: Path) -> uvicorn.Config:
    tls = listening.settings.tls
    found = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=bool(listening.settings.trusted_proxies),
        forwarded_allow_ips=list(listening.settings.trusted_proxies),
        server_header=False,
        timeout_keep_alive=75,
        ssl_certfile=folder / tls.cert if tls else None,
        ssl_keyfile=folder / tls.key if tls else None,
        ssl_context_factory=strict_context if tls else None,
    )
    # Declared as whole seconds, but handed to asyncio, which takes fractions.
    found.timeout_graceful_shutdown = END_WITHIN  # type: ignore[assignment]
    return found
