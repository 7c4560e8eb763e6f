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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import uvloop

from gateway.monitoring.health_report import Reporter, document, report_path
from gateway.monitoring.tally import TallyWriter
from gateway.monitoring.tally_layout import HIT_TUNNEL_TIMEOUT
from gateway.proxy.context import Context
from gateway.proxy.drain import Orders, drain
from gateway.proxy.listener_context import ignore_bad_server_names
from gateway.proxy.server import ClientConnection
from gateway.proxy.tls_follower import TlsFollower
from gateway.routing.places import Places

log = logging.getLogger("gateway.worker")

TICK = 0.1
CLIENTS_EVERY = 10
BACKLOG = 4096
MOST_FILES = 65_536
FILES_KEPT = 256
"""Files for all else. Of the others half is for clients, since each may need one connection to a service."""
GC_THRESHOLD = 5_000
"""Exchanges free themselves by reference counts; the collector need not look after every few of them."""


def run(places: Places, number: int, folder: Path, listeners: Mapping[str, socket.socket]) -> None:
    """Serve on already bound sockets until SIGTERM, SIGINT or the end of standard input; then drain.

    SIGHUP drains politely: another worker accepts on these sockets. `listeners` are `plain`, and if any
    `tls`, with certificates named from `folder`, and `preview`, whose requests go to idle versions.
    """
    uvloop.run(_serve(places, number, folder, listeners))


async def _serve(places: Places, number: int, folder: Path, listeners: Mapping[str, socket.socket]) -> None:
    loop = asyncio.get_running_loop()
    context = Context(places, TallyWriter(places.tally(number), os.getpid()), loop, folder, number)
    context.most_clients = min(context.most_clients, (_files_to_open() - FILES_KEPT) // 2)
    context.adopt()
    orders = _listen_for_orders(loop)
    sys.unraisablehook = ignore_bad_server_names
    servers = [
        await loop.create_server(_protocols(context, name), sock=listeners[name], backlog=BACKLOG)
        for name in ("plain", "preview")
        if name in listeners
    ]
    secure = TlsFollower(context, folder, listeners["tls"]) if "tls" in listeners else None
    if secure is not None:
        secure.tick(time.monotonic())
    context.tally.beat(time.monotonic(), context.serving, 0)  # whoever waits for this worker sees it now
    _keep_collector_away()
    reporter = Reporter(report_path(places.run, number))
    ticking = loop.create_task(_tick_on(context, secure, reporter))
    ticking.add_done_callback(_say_why_it_ended)
    await orders.told.wait()
    for server in servers:
        server.close()
    if secure is not None:
        secure.close()
    await drain(context, orders)
    ticking.cancel()
    context.pool.close()
    context.ledgers.close()


def _listen_for_orders(loop: asyncio.AbstractEventLoop) -> Orders:
    orders = Orders()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, orders.stop)
    loop.add_signal_handler(signal.SIGHUP, orders.leave)
    _stop_with_supervisor(loop, orders)
    return orders


def _keep_collector_away() -> None:
    """Take what is loaded by now for permanent, and look for cycles seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)


def _files_to_open() -> int:
    """Raise the limit of open files as far as this user may, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard > soft:
        wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        soft = max(soft, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft


def _protocols(context: Context, name: str) -> Callable[[], asyncio.Protocol]:
    is_preview = name == "preview"
    return lambda: cast(asyncio.Protocol, ClientConnection(context, preview=is_preview))


def _stop_with_supervisor(loop: asyncio.AbstractEventLoop, orders: Orders) -> None:
    """Standard input is a pipe that the supervisor holds open: its end means that the supervisor is gone."""
    if not sys.stdin.isatty():
        fd = sys.stdin.fileno()

        def gone() -> None:
            loop.remove_reader(fd)  # its end would be told again and again while we drain
            orders.stop()

        loop.add_reader(fd, gone)


async def _tick_on(context: Context, tls: TlsFollower | None, reporter: Reporter) -> None:
    last = time.monotonic()
    turn = 0
    while True:
        await asyncio.sleep(TICK)
        now = time.monotonic()
        turn = (turn + 1) % CLIENTS_EVERY
        try:
            tick(context, now, now - last, with_clients=turn == 0)
            if tls is not None:
                tls.tick(now)
            if turn == 0:
                reporter.tell(_report(context, tls))
        except Exception:
            log.exception("a tick failed; the next one goes on")
        last = now


def _report(context: Context, tls: TlsFollower | None) -> dict[str, Any]:
    pool = context.pool
    return document(
        pool.states(), pool.waiting(), len(context.tunnels), tls.describe() if tls is not None else ()
    )


def tick(context: Context, now: float, elapsed: float, *, with_clients: bool) -> None:
    """Do what falls due with time rather than with a request."""
    if context.word[0] != context.revision:
        context.adopt()
    context.now = now
    context.counts.tick(now)
    if context.logbook is not None:
        context.logbook.tick()
    context.pool.tick(context.loop.time())
    for exchange in list(context.exchanges):
        exchange.check_deadlines(now)
    if with_clients:
        context.key_files.tick(context.loop)
        for tunnel in list(context.tunnels):
            if tunnel.check_deadlines(context.loop.time(), context.limits.tunnel_timeout):
                context.tally.hit(HIT_TUNNEL_TIMEOUT)
        for client in list(context.clients):
            client.check_deadlines(now)
    context.tally.beat(now, context.serving, len(context.clients))
    context.tally.snapshot(now, elapsed)


def _say_why_it_ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the worker's clock stopped: %r", error)
