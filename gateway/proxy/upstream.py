"""A connection to a service: sends one request at a time and hands on its answer as it comes.

Where the request asked to leave HTTP and the service agrees, the connection becomes one end of a tunnel and
never speaks HTTP again. How answers are read is in answer_reading.py.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from gateway.http.headers import Shapes
from gateway.http.message import UNTIL_CLOSE
from gateway.http.strict import Refused
from gateway.proxy.answer_reading import ReadingAnswers
from gateway.proxy.answered import Answered
from gateway.proxy.outbox import Outbox

if TYPE_CHECKING:
    from gateway.proxy.endpoint import Endpoint


class UpstreamConnection(ReadingAnswers):
    """One connection; `exchange` is whose answer is awaited, None while the connection is idle.

    `reused`: it had served a request before this one and nothing shows that it still works; `answered`: a
    byte of the current answer has come.
    """

    __slots__ = ("_at_eof", "_used", "answered", "endpoint", "idle_since", "outbox", "reused")

    def __init__(self, endpoint: Endpoint, outbox: Outbox, shapes: Shapes) -> None:
        super().__init__(shapes)
        self.endpoint = endpoint
        self.outbox = outbox
        self.idle_since = 0.0
        self._at_eof = self._used = self.answered = self.reused = False

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
