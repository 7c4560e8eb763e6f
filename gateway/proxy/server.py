"""A client's connection: reads requests one after another and answers them in order.

Bytes of a request that comes before the one before it is answered wait, unread, in a bounded buffer. Below
it are `Client` (who that is), `Door` (what the gateway answers itself), `Reading` (how requests are read).
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, cast

from gateway.http.headers import Shape
from gateway.http.strict import Refused, RequestLine
from gateway.monitoring.tally import REFUSED, UNAVAILABLE
from gateway.proxy.arrivals import arrive, leave
from gateway.proxy.compiled_route import CompiledRoute
from gateway.proxy.exchange import Exchange
from gateway.proxy.reading import Reading
from gateway.proxy.tunnel import Tunnel

if TYPE_CHECKING:
    from gateway.proxy.context import Context
    from gateway.proxy.tls_listener import Handshake

MAX_WAITING = 64 * 1024
"""Bytes of pipelined requests kept before the client is held back."""


class ClientConnection(Reading):
    """One client; `exchange` is the request being answered."""

    __slots__ = ("_at_eof", "_tunnel", "handshake", "is_preview")

    def __init__(self, context: Context, stream: bool = False, preview: bool = False) -> None:
        """`stream`: one of many on an HTTP/2 connection, which is counted and kept alive as a whole.
        `preview`: it came to the listener whose requests go to idle versions."""
        super().__init__(context, stream)
        self._tunnel: Tunnel | None = None
        self.is_preview = preview
        self.handshake: Handshake | None = None
        self._at_eof = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        context = self.context
        protocol = self._introduce(transport, b"2.0" if self._stream else b"1.1")
        handshake, self.handshake = self.handshake, None
        if handshake is not None:
            handshake.done()
        self._requests_left = context.limits.requests_per_connection
        if self._stream:
            return
        if protocol == "h2":
            become_http2(context, self.transport)
            return
        fault = arrive(context, self)
        if fault is not None:
            context.tally.block("", "", 0).count(UNAVAILABLE if fault.status == 503 else REFUSED)
            self.keep_alive = False
            self._answer_itself(fault)
            self._close_after(complete=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        if not self._stream:
            leave(self.context, self)
        if self._tunnel is not None:
            self._tunnel.client_lost()
            self._tunnel = None
        if self.exchange is not None:
            self.exchange.client_gone()
            self.exchange = None
        self._reader.close()

    def eof_received(self) -> bool:
        """Part of asyncio.Protocol: a client that has sent all it wants may still read its answer."""
        if self._tunnel is not None:
            self._tunnel.client_eof()
            return not self.secure  # TLS has no half-closed connections
        exchange = self.exchange
        if exchange is None or not self._reader.complete or exchange.streams_events:
            self.context.outbox.flush()  # an answer of this very turn
            return False
        self._at_eof = True
        return not self.secure

    def pause_writing(self) -> None:
        """Part of asyncio.Protocol."""
        self.writable = False
        self._stalled_since, self._stalled_with = 0.0, 0
        if self._tunnel is not None:
            self._tunnel.client_writable(False)
        elif self.exchange is not None:
            self.exchange.client_writable(False)

    def resume_writing(self) -> None:
        """Part of asyncio.Protocol."""
        self.writable = True
        if self._tunnel is not None:
            self._tunnel.client_writable(True)
        elif self.exchange is not None:
            self.exchange.client_writable(True)
        else:
            self._go_on()

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        if self._ended:
            return
        if self._tunnel is not None:
            self._tunnel.from_client(data)
            return
        try:
            if self.exchange is not None and not self._reader.complete:
                self._read_body(self.exchange, data)
            elif self.exchange is None and self.writable:
                self._read_heads(self._waiting + data if self._waiting else data)
            else:
                self._waiting += data
                if len(self._waiting) > MAX_WAITING:
                    self.read_more(False)
        except Refused as refused:
            self._refuse(refused)

    def switched(self, tunnel: Tunnel) -> None:
        """The request was answered by leaving HTTP: what comes from now on goes into the tunnel."""
        self._tunnel = tunnel
        self.exchange = None
        waiting, self._waiting = self._waiting, b""
        if waiting:
            tunnel.from_client(waiting)
        self.read_more(True)
        if self._at_eof:
            tunnel.client_eof()

    def _pass_on(
        self,
        line: RequestLine,
        route: CompiledRoute,
        head: bytes,
        shape: Shape,
        chunked: bool,
        switch_to: bytes,
    ) -> None:
        context, reader = self.context, self._reader
        if not self._stream:
            context.idle.pop(self, None)
        self._body_since = context.now
        body = reader.take()
        if chunked:
            self._body_left = context.limits.body + 1
            self._take_from_limit(body)
        self.exchange = exchange = Exchange(self, line, route, head, shape, chunked, switch_to)
        exchange.begin(body, reader.complete)

    def exchange_ended(self, request_complete: bool) -> None:
        """The exchange is over: go on with the next request, or close."""
        self.exchange = None
        self._body_left = 0
        if not self.keep_alive or (self.context.draining and not self.context.polite):
            self._close_after(request_complete)
            return
        if not self._stream:
            self.context.idle[self] = None
        self.idle_since = monotonic()
        if self._paused:
            self.read_more(True)
        self._go_on()

    def _go_on(self) -> None:
        """Read the next request, if it is here already and its answer can be written."""
        if self._waiting and self.writable and not self._ended:
            waiting, self._waiting = self._waiting, b""
            try:
                self._read_heads(waiting)
            except Refused as refused:
                self._refuse(refused)
        if self._at_eof and self.exchange is None and self.writable:
            self._close_after(complete=True)

    def cut(self) -> None:
        """End the connection in the middle of an answer, so that nobody takes it for a whole one."""
        self.exchange = None
        self._reset()

    def check_deadlines(self, now: float) -> None:
        """Close a connection that is idle, or slow to send or to take, for too long."""
        if self._tunnel is None or self._linger_until:
            super().check_deadlines(now)


def become_http2(context: Context, transport: asyncio.Transport) -> None:
    """Hand a connection over whose client chose h2."""
    from gateway.proxy.http2 import Http2Connection  # here, so that only workers that speak it load it

    connection = Http2Connection(context)
    transport.set_protocol(cast(asyncio.Protocol, connection))
    connection.connection_made(transport)
