"""A client's connection: reads requests one after another and answers them in order.

Bytes of a request that comes before the one before it is answered wait, unread, in a bounded buffer.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from time import monotonic
from typing import TYPE_CHECKING, cast

from gateway.errors import Fault
from gateway.http.headers import ONLY_ONCE, Shape, no_tabs, repeated
from gateway.http.message import CHUNKED, END_OF_HEAD, RequestReader
from gateway.http.strict import (
    MAX_FIELDS,
    MAX_HEAD,
    Refused,
    RequestLine,
    content_length,
    host,
    partial_head,
    transfer_encoding,
)
from gateway.monitoring.tally import REFUSED, UNAVAILABLE
from gateway.proxy.exchange import Exchange
from gateway.proxy.observe import problem

if TYPE_CHECKING:
    from gateway.proxy.context import Context

MAX_WAITING = 64 * 1024
"""Bytes of pipelined requests kept before the client is held back."""
HEAD_TIMEOUT = 10.0
KEEP_ALIVE_TIMEOUT = 75.0
_TAB = 9
_RESET = struct.pack("ii", 1, 0)
LINGER = 2.0
"""Seconds in which a client that is still sending may read why nobody listens any more."""


class ClientConnection:
    """One client; `exchange` is the request being answered, `writable` whether more may be sent."""

    __slots__ = (
        "_at_eof",
        "_ended",
        "_head_since",
        "_linger_until",
        "_paused",
        "_reader",
        "_waiting",
        "context",
        "exchange",
        "fields",
        "forwarded",
        "host",
        "idle_since",
        "keep_alive",
        "peer",
        "transport",
        "writable",
    )

    def __init__(self, context: Context) -> None:
        self.context = context
        self._reader = RequestReader()
        self.fields = self._reader.fields
        self.exchange: Exchange | None = None
        self.keep_alive = True
        self.host = b""
        self._waiting = b""
        self._paused = False
        self.writable = True
        self._ended = self._at_eof = False
        self._head_since = 0.0
        self._linger_until = 0.0
        self.idle_since = monotonic()
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        self.transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.peer = peer[0].encode() if peer else b""
        self.forwarded = b"x-forwarded-for: %b\r\nx-forwarded-proto: http\r\nvia: 1.1 gateway\r\n" % self.peer
        self.context.clients.add(self)
        if len(self.context.clients) > self.context.most_clients:
            self._turn_away()

    def _say(self, fault: Fault, *, close: bool, with_body: bool = True) -> None:
        """Answer a request that no service hears of."""
        out = problem(fault, self.context.new_id(), close=close, with_body=with_body)
        self.context.outbox.write(self.transport, out)

    def _turn_away(self) -> None:
        detail = f"this worker holds {self.context.most_clients} connections already; try again"
        self.context.tally.block("", "", 0).count(UNAVAILABLE)
        self.context.outbox.write(
            self.transport, problem(Fault(503, "unavailable", detail), self.context.new_id(), close=True)
        )
        self._close_after(complete=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self.context.clients.discard(self)
        if self.exchange is not None:
            self.exchange.client_gone()
            self.exchange = None
        self._reader.close()

    def eof_received(self) -> bool:
        """Part of asyncio.Protocol: a client that has sent all it wants may still read its answer."""
        if self.exchange is None or not self._reader.complete:
            self.context.outbox.flush()  # an answer of this very turn
            return False
        self._at_eof = True
        return True

    def pause_writing(self) -> None:
        """Part of asyncio.Protocol."""
        self.writable = False
        if self.exchange is not None:
            self.exchange.client_writable(False)

    def resume_writing(self) -> None:
        """Part of asyncio.Protocol."""
        self.writable = True
        if self.exchange is not None:
            self.exchange.client_writable(True)
        else:
            self._go_on()

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        if self._ended:
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

    def _read_heads(self, data: bytes) -> None:
        while data:
            end = data.find(END_OF_HEAD)
            if end < 0:
                partial_head(data)
                self._waiting = data
                self._head_since = self._head_since or monotonic()
                return
            self._waiting = b""
            self._head_since = 0.0
            if end > MAX_HEAD:
                partial_head(data[:end])  # says whether it is the target
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
        line, route = context.table.match(head[: head.index(b"\r\n")])
        reader.read_head(head)
        if _TAB in head:
            no_tabs(head)
        shape = context.request_shapes.of(reader.fields)
        count = head.count(b"\n")
        if count != len(reader.fields) + 2 or count > MAX_FIELDS + 2:
            self._check_repeated(head, count)
        self.host = host(reader.fields[shape.host] if shape.host else None, line)
        chunked = self._frame(line, shape)
        self.keep_alive = reader.keeps_alive and not context.draining
        if rest and not reader.complete:
            rest = reader.read_body(rest)
        if route is None:
            self._no_route(line)
            return rest
        self.exchange = exchange = Exchange(self, line, route, head, shape, chunked)
        exchange.begin(reader.take(), reader.complete)
        return rest

    def _frame(self, line: RequestLine, shape: Shape) -> bool:
        """Tell the reader how the body ends; return whether it is chunked."""
        fields, length = self.fields, shape.length
        if shape.expect is not None and fields[shape.expect].lower() != b"100-continue":
            raise Refused(417, "the only expectation known here is 100-continue")
        if shape.coding is not None:
            transfer_encoding(fields[shape.coding], line, has_length=length is not None)
            self._reader.expect(CHUNKED)
            self._no_upgrade()
            return True
        if length is not None:
            size = content_length(fields[length])
            self._reader.expect(size)
            if size:
                self._no_upgrade()
        return False

    def _no_upgrade(self) -> None:
        if self._reader.upgrades:
            # llhttp took the body for another protocol; read on, it would be a request of its own.
            raise Refused(400, "a request that asks for an upgrade may not have a body")

    def _check_repeated(self, head: bytes, count: int) -> None:
        if count > MAX_FIELDS + 2:
            raise Refused(431, f"there are more than {MAX_FIELDS} header fields")
        looked_at = self.context.table.looked_at
        for name in repeated(head):  # of repeated names only the first is looked at
            if name in ONLY_ONCE or name == b"connection" or name in looked_at:
                raise Refused(400, f"the header {name.decode('latin-1')} comes more than once")

    def _no_route(self, line: RequestLine) -> None:
        path = line.path[:200].decode("ascii")
        fault = Fault(404, "refused", f"no route of routing.yaml has a path that {path} lies below")
        self.keep_alive = self.keep_alive and self._reader.complete
        self._reader.take()
        self.context.tally.block("", "", 0).count(REFUSED)
        self._say(fault, close=not self.keep_alive, with_body=line.method != b"HEAD")
        if not self.keep_alive:
            self._close_after(self._reader.complete)

    def _read_body(self, exchange: Exchange, data: bytes) -> None:
        reader = self._reader
        rest = reader.read_body(data)
        if rest:
            self._waiting += rest
        if reader.parts or reader.complete:
            exchange.request_body(reader.take(), reader.complete)

    def _refuse(self, refused: Refused) -> None:
        """Answer a client's mistake and close: what follows on this connection cannot be trusted."""
        fault = Fault(refused.status, "refused", refused.detail)
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            self.keep_alive = False
            exchange.fail(fault)
            return
        self.context.tally.block("", "", 0).count(REFUSED)
        self._say(fault, close=True)
        self._close_after(complete=False)

    def exchange_ended(self, request_complete: bool) -> None:
        """The exchange is over: go on with the next request, or close."""
        self.exchange = None
        if not self.keep_alive or self.context.draining:
            self._close_after(request_complete)
            return
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

    def _close_after(self, complete: bool) -> None:
        """Close once everything is written; let a client that is still sending read first."""
        self._ended = True
        self.idle_since = monotonic()
        self.context.outbox.flush()
        if complete or self.transport.is_closing():
            self.transport.close()
        elif not self._linger_until:
            self._linger_until = monotonic() + LINGER
            self.read_more(True)
            self.transport.write_eof()

    def cut(self) -> None:
        """End the connection in the middle of an answer, so that nobody takes it for a whole one."""
        self.exchange = None
        self._ended = True
        # Closed with a reset: an answer without a length would else look whole.
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def read_more(self, more: bool) -> None:
        """Go on reading from the client, or stop."""
        if more == self._paused and not self.transport.is_closing():
            self._paused = not more
            if more:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    def check_deadlines(self, now: float) -> None:
        """Close a connection that is idle, or slow to send a head, for too long."""
        if self._linger_until:
            if now > self._linger_until:
                self.transport.abort()
        elif self.exchange is None:
            if self._head_since:
                if now - self._head_since > HEAD_TIMEOUT:
                    self._refuse(Refused(408, f"the head did not come within {HEAD_TIMEOUT:g} s"))
            elif now - self.idle_since > KEEP_ALIVE_TIMEOUT and self.transport.is_closing():
                self.transport.abort()  # what it was sent last is never read
            elif self.context.draining or now - self.idle_since > KEEP_ALIVE_TIMEOUT:
                self.transport.close()
