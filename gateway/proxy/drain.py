"""The end of a worker: it accepts nobody any more, and lets what it has begun come to its end.

Quickly, when the gateway stops: idle connections are closed at once. Politely, when another worker takes its
place: a request may be on its way on any connection that is kept, and to close it now would lose that. So
each may ask once more, hears in the answer that it is the last, and only the end of the drain period closes
those that have said nothing.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from gateway.monitoring.tally_layout import HIT_DRAIN_TIMEOUT

if TYPE_CHECKING:
    from gateway.proxy.context import Context

log = logging.getLogger("gateway.worker")

TURN = 0.02
FIRST_TURNS = 2
"""Turns of the loop in which connections that were accepted before the listener closed still arrive."""
PARTING = 3.0
"""Seconds before the end of the period at which tunnels are told to come to theirs."""


class Orders:
    """What a worker was told: `leave` at its ease, or `stop`; whichever comes later, `stop` holds."""

    __slots__ = ("is_quick", "told")

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self.is_quick = False

    def leave(self) -> None:
        """Another worker is in place: drain politely."""
        self.told.set()

    def stop(self) -> None:
        """The gateway stops: drain quickly."""
        self.is_quick = True
        self.told.set()


async def drain(context: Context, orders: Orders) -> None:
    """Wait until what is in flight has ended, or the drain period is over. Listeners are closed already."""
    context.draining = True
    context.counts.retire()
    began = context.loop.time()
    turns = 0
    while turns < FIRST_TURNS or (is_busy(context) and context.loop.time() - began < _period(context)):
        context.polite = not orders.is_quick
        if orders.is_quick or context.loop.time() - began > _period(context) - PARTING:
            for tunnel in list(context.tunnels):
                tunnel.drain()
                tunnel.check_deadlines(context.loop.time(), context.limits.tunnel_timeout)
        if orders.is_quick or not turns:
            look_at_clients(context)
        await asyncio.sleep(TURN)
        turns += 1
    context.polite = False
    _tell_what_is_cut(context)
    look_at_clients(context)
    await asyncio.sleep(0)  # the loop closes what was just told to close


def _period(context: Context) -> float:
    return context.limits.drain_timeout


def is_busy(context: Context) -> bool:
    """Tell whether a request or tunnel is in flight, or an answer not yet wholly sent to a slow reader.

    While it drains politely every connection counts: it may ask once more.
    """
    if context.exchanges or context.tunnels:
        return True
    if context.polite:
        return bool(context.clients)
    return any(client.is_busy() for client in context.clients)


def look_at_clients(context: Context) -> None:
    """Let each connection see that it is drained: one that waits for nothing closes, unless politely."""
    now = context.loop.time()
    for client in list(context.clients):
        client.check_deadlines(now)


def _tell_what_is_cut(context: Context) -> None:
    cut = len(context.exchanges) + len(context.tunnels)
    if cut:
        context.tally.hit(HIT_DRAIN_TIMEOUT)
        log.warning("%d requests and tunnels were still running after %g s", cut, _period(context))
