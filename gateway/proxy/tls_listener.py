"""Accepting for TLS: a client counts as connected from its first packet, not only once it has shaken hands.

The event loop tells a protocol of its connection after the handshake, so with a listener of its own whoever
connects and says nothing would be within no limit. Here such a client holds a place like any other, and is
the first to make room.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import cast

from gateway.monitoring.tally_layout import HIT_TLS_HANDSHAKE
from gateway.proxy.arrivals import arrive, leave
from gateway.proxy.context import Context
from gateway.proxy.peers import plain_address
from gateway.proxy.server import ClientConnection
from gateway.proxy.tls import ServerTls

log = logging.getLogger("gateway.worker")

AT_ONCE = 64
"""Connections accepted before others have their turn."""
REST = 0.1
"""Seconds without accepting after the system had no file left."""
GOODBYE = 2.0
"""Seconds in which a client may answer the end of its TLS connection."""


class Handshake:
    """A client that has connected and not yet shaken hands."""

    __slots__ = ("_task", "context", "peer")

    def __init__(self, context: Context, peer: bytes) -> None:
        self.context = context
        self.peer = peer
        self._task: asyncio.Task[None] | None = None

    def begin(self, task: asyncio.Task[None]) -> None:
        """Note what would have to be ended."""
        self._task = task

    def done(self) -> None:
        """It is through, or it failed: the place is free."""
        leave(self.context, self)

    def evict(self) -> None:
        """Make room for another."""
        if self._task is not None:
            self._task.cancel()

    def is_busy(self) -> bool:
        """Tell nobody to wait: nothing was asked yet."""
        return False

    def check_deadlines(self, now: float) -> None:
        """The event loop looks after the time-out of a handshake."""


class TlsListener:
    """One listening socket."""

    def __init__(self, context: Context, listener: socket.socket, tls: ServerTls) -> None:
        self._context = context
        self._listener = listener
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        listener.setblocking(False)
        self._accept_on()

    def close(self) -> None:
        """Accept nobody any more; handshakes that have begun go on."""
        self._closed = True
        self._context.loop.remove_reader(self._listener.fileno())
        self._listener.close()

    def _accept_on(self) -> None:
        if not self._closed:
            self._context.loop.add_reader(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, address = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return
            except OSError as error:
                log.error("nobody can connect to the TLS port for a moment: %s", error.strerror)
                self._context.loop.remove_reader(self._listener.fileno())
                self._context.loop.call_later(REST, self._accept_on)
                return
            self._begin(accepted, plain_address(address[0]))

    def _begin(self, accepted: socket.socket, peer: bytes) -> None:
        handshake = Handshake(self._context, peer)
        if arrive(self._context, handshake) is not None:
            leave(self._context, handshake)
            accepted.close()  # before a handshake there are no words for it
            return
        accepted.setblocking(False)
        task = self._context.loop.create_task(self._shake_hands(accepted, handshake))
        handshake.begin(task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _shake_hands(self, accepted: socket.socket, handshake: Handshake) -> None:
        client = ClientConnection(self._context)
        client.handshake = handshake
        try:
            await self._context.loop.connect_accepted_socket(
                lambda: cast(asyncio.Protocol, client),
                accepted,
                ssl=self._tls.context,
                ssl_handshake_timeout=self._context.limits.head_timeout,
                ssl_shutdown_timeout=GOODBYE,
            )
        except (OSError, asyncio.CancelledError):
            self._context.tally.hit(HIT_TLS_HANDSHAKE)
        finally:
            if client.handshake is not None:
                client.handshake = None
                handshake.done()
