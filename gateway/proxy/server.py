"""A client's connection: reads requests one after another and answers them in order.

Bytes of a request that comes before the one before it is answered wait, unread, in a bounded buffer.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, cast

from gateway.errors import Fault
from gateway.http.headers import Shape, no_tabs
from gateway.http.message import END_OF_HEAD, RequestReader
from gateway.http.request import check_repeated, frame, too_large
from gateway.http.strict import Refused, RequestLine, host, partial_head
from gateway.http.upgrade import wanted
from gateway.monitoring.tally import OK, REFUSED, UNAVAILABLE
from gateway.monitoring.tally_layout import (
    HIT_KEEP_ALIVE_TIMEOUT,
    HIT_REDIRECT,
    HIT_REQUESTS_PER_CONNECTION,
)
from gateway.proxy.arrivals import arrive, leave
from gateway.proxy.client import Client
from gateway.proxy.exchange import Exchange
from gateway.proxy.observe import HITS, OF_FAULT, redirection
from gateway.proxy.own_answers import beyond_rate, keyless_beyond_rate, no_page, no_route, public_page
from gateway.proxy.table import CompiledRoute
from gateway.proxy.tunnel import Tunnel

if TYPE_CHECKING:
    from gateway.proxy.context import Context
    from gateway.proxy.tls_listener import Handshake

MAX_WAITING = 64 * 1024
"""Bytes of pipelined requests kept before the client is held back."""
_TAB = 9


class ClientConnection(Client):
    """One client; `exchange` is the request being answered."""

    __slots__ = (
        "_at_eof",
        "_body_left",
        "_head_since",
        "_matched",
        "_reader",
        "_requests_left",
        "_searched",
        "_stream",
        "_tunnel",
        "_waiting",
        "caller",
        "exchange",
        "fields",
        "handshake",
        "host",
        "is_preview",
    )

    def __init__(self, context: Context, stream: bool = False, preview: bool = False) -> None:
        """`stream`: one of many on an HTTP/2 connection, which is counted and kept alive as a whole.
        `preview`: it came to the listener whose requests go to idle versions."""
        super().__init__(context)
        self._reader = RequestReader()
        self.fields = self._reader.fields
        self.exchange: Exchange | None = None
        self._tunnel: Tunnel | None = None
        self.host = self._waiting = b""
        self.caller = b""
        """The name of the client, where the route of the last request asks for keys."""
        self._stream = stream
        self.is_preview = preview
        self.handshake: Handshake | None = None
        self._at_eof = False
        self._searched = self._body_left = self._requests_left = 0
        self._head_since = 0.0
        self._matched: tuple[RequestLine, CompiledRoute | None] | None = None

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

    def _read_heads(self, data: bytes) -> None:
        limits = self.context.limits
        while data:
            self._matched = None
            end = data.find(END_OF_HEAD, self._searched)
            if end < 0:
                partial_head(data, self._searched, limits.head, limits.url)
                self._waiting = data
                self._searched = max(len(data) - 3, 0)
                self._head_since = self._head_since or monotonic()
                return
            self._waiting = b""
            self._searched = 0
            self._head_since = 0.0
            if end > limits.head:
                partial_head(data[:end], 0, limits.head, limits.url)  # says whether it is the target
            if data[:2] == b"\r\n":  # some clients send an empty line after a body
                data = data[2:]
                if data[:2] == b"\r\n":
                    raise Refused(400, "there is more than one empty line before the request")
                continue
            rest = self._read_request(data[: end + 4], data[end + 4 :])
            if self.exchange is not None or not self.writable:
                self._waiting = rest
                return
            data = b"" if self._ended else rest

    def _read_request(self, head: bytes, rest: bytes) -> bytes:
        """Read one head and what there is of its body; return what lies beyond the request."""
        context, reader = self.context, self._reader
        if context.word[0] != context.revision:
            context.adopt()
        limits = context.limits
        self._matched = matched = context.table.match(head[: head.index(b"\r\n")], limits.url)
        line, route = matched
        reader.read_head(head)
        if _TAB in head:
            no_tabs(head)
        shape = context.request_shapes.of(reader.fields)
        count = head.count(b"\n")
        if count != len(reader.fields) + 2 or count > limits.fields + 2:
            check_repeated(head, count, limits.fields, context.table.looked_at)
        self.host = host(reader.fields[shape.host] if shape.host else None, line)
        chunked = frame(reader, line, shape, limits.body)
        switch_to = b"" if shape.upgrade is None else wanted(line, reader.fields, shape)
        self.keep_alive = reader.keeps_alive and not context.draining
        self._requests_left -= 1
        if self._requests_left <= 0:
            self.keep_alive = False
            context.tally.hit(HIT_REQUESTS_PER_CONNECTION)
        if rest and not reader.complete:
            rest = reader.read_body(rest)
        if route is None or route.has_door or context.redirect_port:
            if self._answer_here(line, route, shape):
                return rest
            if route is not None and route.auth is not None:
                head = route.auth.without_key(head, self.caller, reader.fields, shape)
        assert route is not None
        if not self._stream:
            context.idle.pop(self, None)
        self._body_since = context.now
        body = reader.take()
        if chunked:
            self._body_left = limits.body + 1
            self._take_from_limit(body)
        self.exchange = exchange = Exchange(self, line, route, head, shape, chunked, switch_to)
        exchange.begin(body, reader.complete)
        return rest

    def _take_from_limit(self, body: bytes) -> None:
        """A chunked body says only at its end how long it is."""
        self._body_left -= len(body)
        if self._body_left <= 0:
            raise too_large(self.context.limits.body)

    def _answer_here(self, line: RequestLine, route: CompiledRoute | None, shape: Shape) -> bool:
        """Answer what no service shall hear of; return whether it was that."""
        context, reader = self.context, self._reader
        fault, page = None, b""
        if self.secure or not context.redirect_port:
            fault, page = self._own_answer(line, route, shape)
            if fault is None and not page:
                return False
        self.keep_alive = self.keep_alive and reader.complete
        reader.take()
        if page:
            context.tally.block("", "", 0).count(OK)
            context.outbox.write(self.transport, page)
        elif fault is None:
            context.tally.hit(HIT_REDIRECT)
            close = not self.keep_alive
            out = redirection(self.host, context.redirect_port, line.target, close=close)
            context.outbox.write(self.transport, out)
            if context.logbook is not None:
                log = route.log if route is not None else context.logbook.unmatched
                context.logbook.redirected(line, log, context.draw_bits(128))
        else:
            context.tally.block("", "", 0).count(OF_FAULT[fault.outcome])
            self._answer_itself(fault, with_body=line.method != b"HEAD")
        self.idle_since = context.now
        if not self._stream and context.idle.pop(self, self) is None:
            context.idle[self] = None  # the last one again
        if not self.keep_alive:
            self._close_after(reader.complete)
        return True

    def _own_answer(
        self, line: RequestLine, route: CompiledRoute | None, shape: Shape
    ) -> tuple[Fault | None, bytes]:
        """Return why a request is not passed on, or the public page that it asks for; neither: pass it on."""
        if route is not None:
            return self._turned_away(route, shape), b""
        file = self.context.table.page(line.path)
        if not file:
            return no_route(line), b""
        if line.method not in (b"GET", b"HEAD"):
            return no_page(line), b""
        close = not (self.keep_alive and self._reader.complete)
        page = public_page(self.context, file, line, self.stamp, close)
        return (None, page) if page else (no_page(line), b"")

    def _turned_away(self, route: CompiledRoute, shape: Shape) -> Fault | None:
        """Return the answer to who has no key for a route or asks too often, None where it may pass."""
        if route.auth is not None:
            self.caller = route.auth.client(self.fields, shape)
            if not self.caller:
                beyond = keyless_beyond_rate(self.context, route, self.fields, shape, self.peer)
                return beyond or route.auth.fault(route.name, self.fields, shape)
        return beyond_rate(self.context, route, self.fields, shape, self.peer, self.caller)

    def _read_body(self, exchange: Exchange, data: bytes) -> None:
        reader = self._reader
        rest = reader.read_body(data)
        self._body_since = self.context.now
        if rest:
            self._waiting += rest
        if reader.parts or reader.complete:
            body = reader.take()
            if self._body_left:
                self._take_from_limit(body)
            exchange.request_body(body, reader.complete)

    def _refuse(self, refused: Refused) -> None:
        """Answer a client's mistake and close: what follows on this connection cannot be trusted."""
        if refused.limit:
            self.context.tally.hit(HITS[refused.limit])
        fault = Fault(refused.status, "refused", refused.detail)
        exchange, self.exchange = self.exchange, None
        self.keep_alive = False
        if exchange is not None:
            exchange.fail(fault)
            return
        self.context.tally.block("", "", 0).count(REFUSED)
        self._answer_itself(fault)
        self._close_after(complete=False)

    def _answer_itself(self, fault: Fault, *, with_body: bool = True) -> None:
        """Answer a request that no service hears of, and write it down."""
        context = self.context
        draw = context.draw_bits(128)
        self.answer_problem(fault, b"%032x" % draw, with_body=with_body)
        book, matched = context.logbook, self._matched
        if book is None:
            return
        if matched is None:
            book.unread(fault, draw)
        else:
            line, route = matched
            book.refused(fault, line, route.log if route is not None else book.unmatched, draw)

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
        limits = self.context.limits
        if self._linger_until:
            if now > self._linger_until:
                self.transport.abort()
        elif self._tunnel is not None:
            return
        elif not self.writable:
            self._check_stalled(now, limits.body_timeout)
        elif self.exchange is None:
            self._check_idle(now)
        elif not self._reader.complete and not self._paused and now - self._body_since > limits.body_timeout:
            self._refuse(
                Refused(408, f"nothing of the body came for {limits.body_timeout:g} s", "body_timeout")
            )

    def _check_idle(self, now: float) -> None:
        limits, draining = self.context.limits, self.context.draining
        if self._head_since:
            if now - self._head_since > limits.head_timeout:
                self._refuse(
                    Refused(408, f"the head did not come within {limits.head_timeout:g} s", "head_timeout")
                )
        elif now - self.idle_since > limits.keep_alive_timeout:
            if self.transport.is_closing():
                self.transport.abort()  # what it was sent last is never read
            elif not self._ended:
                self.context.tally.hit(HIT_KEEP_ALIVE_TIMEOUT)
                self.transport.close()
        elif draining and not self.context.polite:
            self.transport.close()


def become_http2(context: Context, transport: asyncio.Transport) -> None:
    """Hand a connection over whose client chose h2."""
    from gateway.proxy.http2 import Http2Connection  # here, so that only workers that speak it load it

    connection = Http2Connection(context)
    transport.set_protocol(cast(asyncio.Protocol, connection))
    connection.connection_made(transport)
