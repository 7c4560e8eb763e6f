"""A worker process: it serves the plan in the slot until it is told to stop.

It starts from the slot alone and asks nobody for anything; the supervisor may restart it at any time, and the
control process may be dead.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import cast

import uvloop

from gateway.monitoring.tally import TallyWriter
from gateway.proxy.context import Context
from gateway.proxy.server import ClientConnection
from gateway.routing.places import Places

log = logging.getLogger("gateway.worker")

TICK = 0.1
CLIENTS_EVERY = 10
DRAIN_TIMEOUT = 30.0
DRAIN_TURN = 0.02
BACKLOG = 4096
MOST_FILES = 65_536
FILES_KEPT = 256
"""Files for all else. Of the others half is for clients, since each may need one connection to a service."""
GC_THRESHOLD = 5_000
"""Exchanges free themselves by reference counts; the collector need not look after every few of them."""


def run(places: Places, number: int, listener: socket.socket) -> None:
    """Serve on an already bound socket until SIGTERM, SIGINT or the end of standard input; then drain."""
    uvloop.run(_serve(places, number, listener))


async def _serve(places: Places, number: int, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    context = Context(places, TallyWriter(places.tally(number), os.getpid()), loop)
    context.most_clients = min(context.most_clients, (_files_to_open() - FILES_KEPT) // 2)
    context.adopt()
    context.tally.beat(time.monotonic(), context.serving, 0)
    stop = asyncio.Event()
    for number_ in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number_, stop.set)
    _stop_with_supervisor(loop, stop)
    server = await loop.create_server(_protocols(context), sock=listener, backlog=BACKLOG)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)
    ticking = loop.create_task(_tick_on(context))
    ticking.add_done_callback(_say_why_it_ended)
    await stop.wait()
    await _drain(context, server)
    ticking.cancel()
    context.pool.close()


def _files_to_open() -> int:
    """Raise the limit of open files as far as this user may, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard > soft:
        wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        soft = max(soft, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


def _protocols(context: Context) -> Callable[[], asyncio.Protocol]:
    return lambda: cast(asyncio.Protocol, ClientConnection(context))


def _stop_with_supervisor(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Standard input is a pipe that the supervisor holds open: its end means that the supervisor is gone."""
    if not sys.stdin.isatty():
        fd = sys.stdin.fileno()

        def gone() -> None:
            loop.remove_reader(fd)  # its end would be told again and again while we drain
            stop.set()

        loop.add_reader(fd, gone)


async def _tick_on(context: Context) -> None:
    last = time.monotonic()
    turn = 0
    while True:
        await asyncio.sleep(TICK)
        now = time.monotonic()
        turn = (turn + 1) % CLIENTS_EVERY
        try:
            tick(context, now, now - last, with_clients=turn == 0)
        except Exception:
            log.exception("a tick failed; the next one goes on")
        last = now


def tick(context: Context, now: float, elapsed: float, *, with_clients: bool) -> None:
    """Do what falls due with time rather than with a request."""
    if context.word[0] != context.revision:
        context.adopt()
    context.now = now
    context.pool.tick(context.loop.time())
    for exchange in list(context.exchanges):
        exchange.check_deadlines(now)
    if with_clients:
        for client in list(context.clients):
            client.check_deadlines(now)
    context.tally.beat(now, context.serving, len(context.clients))
    context.tally.snapshot(now, elapsed)


def _say_why_it_ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the worker's clock stopped: %r", error)


async def _drain(context: Context, server: asyncio.Server) -> None:
    """Stop accepting, let what is in flight finish, close the rest."""
    context.draining = True
    server.close()
    deadline = time.monotonic() + DRAIN_TIMEOUT
    turns = 0
    while (_is_busy(context) or turns < 2) and time.monotonic() < deadline:
        for client in list(context.clients):
            client.check_deadlines(time.monotonic())  # closes those that are idle
        await asyncio.sleep(DRAIN_TURN)
        turns += 1
    if context.exchanges:
        log.warning("%d requests were still running after %g s", len(context.exchanges), DRAIN_TIMEOUT)


def _is_busy(context: Context) -> bool:
    """Tell whether a request is in flight, or an answer not yet wholly sent to a slow reader."""
    return bool(context.exchanges) or any(c.transport.get_write_buffer_size() for c in context.clients)
