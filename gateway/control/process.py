"""The control process: the admin API on an inherited socket, and routing.yaml watched beside it.

It may be killed at any moment: the data plane does not ask it for anything, and what it left undone is found
by the next one.
"""

from __future__ import annotations

import signal
import socket
import sys
import threading
from pathlib import Path

import uvicorn

from gateway.control.api import build_app
from gateway.control.watcher import Watcher
from gateway.lifeline import at_end_of_input
from gateway.routing.places import Places

END_WITHIN = 0.5
"""Seconds that answers still under way are given once the process was told to end."""
SWITCH_INTERVAL = 0.0005
"""Seconds between thread switches: a rollback must not wait behind a long file that is being parsed."""


def run(places: Places, config: Path, admin: socket.socket) -> None:
    """Serve the admin API and follow routing.yaml until SIGTERM, SIGINT or the end of standard input."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    watcher = Watcher(places, config)
    server = uvicorn.Server(_configuration(places, watcher))

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn raises the signal once more when it has ended; met by this handler, that is exit status 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    at_end_of_input(stop)
    thread = threading.Thread(target=watcher.run, name="watcher", daemon=True)
    thread.start()
    try:
        server.run(sockets=[admin])
    finally:
        watcher.stop()
        thread.join(END_WITHIN)


def _configuration(places: Places, watcher: Watcher) -> uvicorn.Config:
    found = uvicorn.Config(
        build_app(places, watcher.settle),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
    )
    # Declared as whole seconds, but handed to asyncio, which takes fractions.
    found.timeout_graceful_shutdown = END_WITHIN  # type: ignore[assignment]
    return found
