"""One replica: a process that loads one model version, answers for it, and leaves without dropping anybody.

The model is loaded before the address is bound, so whoever can connect is answered. Nothing here imports
numpy before `serve` has limited the threads of its libraries: they read the limit when they are loaded.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from gateway.errors import GatewayError
from gateway.extras import needs_models
from gateway.lifeline import at_end_of_input
from gateway.serving.listener import bound_socket, parse_address, spoken

if TYPE_CHECKING:
    from starlette.applications import Starlette

# A thread pool costs a single row more than it gains, and replicas are how this product uses more cores.
THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
KEEP_ALIVE_SECONDS = 75  # longer than clients and proxies keep idle connections, so that they close first
DRAIN_SECONDS = 30


def warm_up(folders: list[Path]) -> None:
    """Load the libraries that these models need, and forget the models again."""
    _limit_threads()
    from gateway.serving import app
    from gateway.serving.load import load_model

    assert app
    for folder in folders:
        try:
            load_model(folder)
        except GatewayError:
            continue  # the replica itself will say what is wrong with it


def _limit_threads() -> None:
    for name in THREAD_LIMITS:
        os.environ.setdefault(name, "1")


def serve(folder: Path, listen: str, lifeline: bool = False) -> None:
    """Answer for the model in `folder` until SIGTERM, SIGINT or the end of the lifeline; raises GatewayError.

    `listen` is `host:port` or `unix:/path`. With `lifeline`, standard input is a pipe that the supervisor
    holds open: when it ends, the supervisor is gone and so is this process, after what is in flight.
    """
    address = parse_address(listen)
    needs_models(f"{folder} cannot be served")
    _limit_threads()
    logging.basicConfig(format=f"%(asctime)s %(levelname)s {folder}: %(message)s", level=logging.WARNING)
    # Hundreds of thousands of objects come with the libraries and stay: collecting among them is lost time.
    gc.disable()
    try:
        from gateway.serving.app import build_app
        from gateway.serving.load import load_model

        model = load_model(folder)
        gc.freeze()
    finally:
        gc.enable()
    with bound_socket(address) as listener:
        # Somebody who starts it by hand wants to know; a supervisor connects and sees.
        news = "" if lifeline else f"{model.spec.name} {model.spec.version} answers on {spoken(listener)}"
        server = _Server(_configuration(build_app(model)), news)
        _stop_when_told(server, lifeline)
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that says where it answers as soon as that is true."""

    def __init__(self, config: uvicorn.Config, news: str) -> None:
        super().__init__(config)
        self._news = news

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self._news:
            print(self._news, flush=True)


def _configuration(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def _stop_when_told(server: uvicorn.Server, lifeline: bool) -> None:
    """Drain at SIGTERM, SIGINT or the end of the lifeline: take no more, finish what is in flight, return."""

    def drain(*_: object) -> None:
        server.should_exit = True

    # uvicorn raises the signal once more when it has drained; met by this handler, it ends in exit code 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, drain)
    if lifeline:
        at_end_of_input(drain)
