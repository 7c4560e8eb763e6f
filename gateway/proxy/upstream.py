"""A connection to a service: sends one request at a time and hands on its answer as it comes.

Answers are held to the same rules as requests. A connection is used again only after an answer that ended
where it said it would, with not one byte more. Where the request asked to leave HTTP and the service agrees,
the connection becomes one end of a tunnel and never speaks HTTP again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from gateway.http.answer import framing_of, interim_head, switch_head
from gateway.http.framing import has_no_body
from gateway.http.headers import Shapes
from gateway.http.message import END_OF_HEAD, UNTIL_CLOSE, AnswerReader
from gateway.http.strict import MAX_HEAD, Refused, status_line
from gateway.proxy.answered import Answer as Answer
from gateway.proxy.answered import Answered as Answered
from gateway.proxy.outbox import Outbox

if TYPE_CHECKING:
    from gateway.proxy.endpoint import Endpoint
    from gateway.proxy.tunnel import Tunnel

MAX_ANSWER_HEAD = 2 * MAX_HEAD
MAX_INTERIM = 32
"""Interim answers to one request: hints and progress, not a way to keep somebody busy."""


class UpstreamConnection:
    """One connection; `exchange` is whose answer is awaited, None while the connection is idle.

    `tunnel` has the connection for good once it left HTTP. `reused`: it had served a request before this one
    and nothing shows that it still works; `answered`: a byte of the current answer has come.
    """

    __slots__ = (
        "_at_eof",
        "_blocked",
        "_buffer",
        "_framing",
        "_in_body",
        "_interims",
        "_key",
        "_reader",
        "_shapes",
        "_upgrade",
        "_used",
        "answered",
        "endpoint",
        "exchange",
        "idle_since",
        "lost",
        "outbox",
        "reused",
        "transport",
        "tunnel",
    )

    def __init__(self, endpoint: Endpoint, outbox: Outbox, shapes: Shapes) -> None:
        self.endpoint = endpoint
        self.outbox = outbox
        self._shapes = shapes
        self.exchange: Answered | None = None
        self._reader = AnswerReader()
        self.tunnel: Tunnel | None = None
        self._upgrade = self._key = b""
        self._buffer = bytearray()
        self._in_body = self._at_eof = self.answered = False
        self._framing = self._interims = 0
        self.idle_since = 0.0
        self.reused = self._used = self._blocked = False
        self.lost = False
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self.lost = True
        exchange, self.exchange = self.exchange, None
        tunnel, self.tunnel = self.tunnel, None
        if tunnel is not None:
            tunnel.upstream_lost()
        elif exchange is None:
            self._leave_idle()
        elif self._in_body and self._framing == UNTIL_CLOSE and exc is None and self._at_eof:
            exchange.answer_body(b"", True)
        else:
            self.reused = self.reused and not self.answered  # half a head is not silence
            exchange.answer_failed(f"the connection was lost{f': {exc}' if exc else ''}")
        self._reader.close()

    def eof_received(self) -> bool:
        """Part of asyncio.Protocol: only in a tunnel may one direction end before the other."""
        if self.tunnel is not None:
            self.tunnel.upstream_eof()
            return self.transport.can_write_eof()
        self._at_eof = True  # over TLS, a connection that is merely cut comes without one
        if self.exchange is None:
            self._leave_idle()
        return False

    def _leave_idle(self) -> None:
        if self in self.endpoint.idle:
            self.endpoint.idle.remove(self)

    def pause_writing(self) -> None:
        """Part of asyncio.Protocol."""
        self._blocked = True
        if self.exchange is not None:
            self.exchange.upstream_writable(False)
        elif self.tunnel is not None:
            self.tunnel.upstream_writable(False)

    def resume_writing(self) -> None:
        """Part of asyncio.Protocol."""
        self._blocked = False
        if self.exchange is not None:
            self.exchange.upstream_writable(True)
        elif self.tunnel is not None:
            self.tunnel.upstream_writable(True)

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        if self.exchange is None:
            if self.tunnel is not None:
                self.tunnel.from_upstream(data)
            else:
                self._leave_idle()
                self.transport.abort()  # bytes nobody asked for: whose answer would they be?
            return
        self.answered = True
        try:
            if self._in_body:
                self._read_body(data)
            else:
                self._read_heads(self._collect(data) if self._buffer else data)
        except Refused as refused:
            self._fail(f"the answer breaks HTTP/1.1: {refused.detail}")

    def _collect(self, data: bytes) -> bytes:
        """Add to the piece of a head that came before; return it all once there is a whole head."""
        buffer = self._buffer
        searched = max(len(buffer) - 3, 0)
        buffer.extend(data)
        end = buffer.find(END_OF_HEAD, searched)
        _check_head(len(buffer) if end < 0 else end)
        if end < 0:
            return b""
        collected = bytes(buffer)
        buffer.clear()
        return collected

    def _read_heads(self, data: bytes) -> None:
        while data and self.exchange is not None:
            end = data.find(END_OF_HEAD)
            _check_head(len(data) if end < 0 else end)
            if end < 0:
                self._buffer.extend(data)
                return
            status_line(data[: data.index(b"\r\n")])
            head, data = data[: end + 4], data[end + 4 :]
            self._reader.read_head(head)
            if self._reader.upgrades:
                self._switch(self.exchange, head, data)
                return
            status = self._reader.status()
            if status >= 200:
                self._read_answer(self.exchange, head, status, data)
                return
            self._read_interim(self.exchange, head, status)

    def _read_interim(self, exchange: Answered, head: bytes, status: int) -> None:
        if status < 100 or not self._reader.complete:
            raise Refused(502, "its interim answer has a body or no status")
        self._interims += 1
        if self._interims > MAX_INTERIM:
            raise Refused(502, f"more than {MAX_INTERIM} interim answers came before it")
        fields = self._reader.fields
        exchange.interim(interim_head(head, fields, self._shapes.of(fields)))

    def _switch(self, exchange: Answered, head: bytes, rest: bytes) -> None:
        if not self._upgrade:
            raise Refused(502, "it switches protocols, which nobody asked for")
        if self._blocked:
            raise Refused(502, "it switches protocols before it has read the request")
        fields = self._reader.fields
        out = switch_head(head, fields, self._shapes.of(fields), self._upgrade, self._key)
        self.exchange = None
        exchange.switched(out, rest)
        if self.tunnel is None and not self.lost:
            self.transport.abort()

    def _read_answer(self, exchange: Answered, head: bytes, status: int, rest: bytes) -> None:
        reader = self._reader
        shape = self._shapes.of(reader.fields)
        self._framing = framing_of(head, reader.fields, shape)
        if has_no_body(exchange.method, status):
            self._framing = 0
            reader.skip_body()
        else:
            reader.expect(self._framing)
            if rest:
                rest = reader.read_body(rest)
        answer = Answer(head, status, self._framing, reader.fields, shape)
        if reader.complete:
            self._complete(exchange, rest)
            exchange.answer(answer, reader.take(), True)
        else:
            self._in_body = True
            exchange.answer(answer, reader.take(), False)

    def _read_body(self, data: bytes) -> None:
        exchange = cast(Answered, self.exchange)
        reader = self._reader
        rest = reader.read_body(data)
        if reader.complete:
            self._in_body = False
            self._complete(exchange, rest)
            exchange.answer_body(reader.take(), True)
        elif reader.parts:
            exchange.answer_body(reader.take(), False)

    def _complete(self, exchange: Answered, rest: bytes) -> None:
        """The answer is whole: note whether the connection is fit for another."""
        self._in_body = False
        # A service that was asked to leave HTTP and stayed may yet have left it in part.
        if rest or self._upgrade or not self._reader.keeps_alive or self._framing == UNTIL_CLOSE:
            self.exchange = None
            self.transport.close()
            self.lost = True

    def send(self, exchange: Answered, data: bytes, upgrade: bytes = b"", key: bytes = b"") -> None:
        """Send a request, or the beginning of one, on an idle connection.

        `upgrade` is the protocol that it asks to leave HTTP for, `key` its Sec-WebSocket-Key.
        """
        self.exchange = exchange
        self.reused, self._used = self._used, True
        self._in_body = self.answered = False
        self._interims = 0
        self._buffer.clear()
        self._upgrade, self._key = upgrade, key
        self.outbox.write(self.transport, data)

    def write(self, data: bytes) -> None:
        """Send more of the request."""
        self.outbox.write_part(self.transport, data)

    def finish(self, *, reusable: bool) -> None:
        """End the exchange; the connection goes back to its replica's idle ones if it is fit for that."""
        self.exchange = None
        if reusable and not self.lost and not self._blocked and not self.endpoint.backend.closed:
            self.endpoint.release(self)
        elif not self.lost:
            self.transport.abort()

    def close(self) -> None:
        """Close an idle connection."""
        self.exchange = None
        self.transport.close()

    def _fail(self, why: str) -> None:
        exchange, self.exchange = self.exchange, None
        self.transport.abort()
        self.lost = True
        self.reused = False
        if exchange is not None:
            exchange.answer_failed(why)


def _check_head(length: int) -> None:
    if length > MAX_ANSWER_HEAD:
        raise Refused(502, f"its head is longer than {MAX_ANSWER_HEAD} bytes")
