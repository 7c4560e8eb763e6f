"""One HTTP/2 stream as the transport of an ordinary client connection.

The connection behind it believes that it talks to a client of HTTP/1.1, so what holds for those holds for
HTTP/2: one strictness, one way through the gateway, one observation. What it writes is read again as an
answer and sent as HEADERS and DATA, as far as the client's windows reach; the rest waits (`http2_unsent.py`),
and holds back the service.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from gateway.http.h2_answer import AnswerBytes
from gateway.http.h2_translate import RequestBytes
from gateway.proxy.http2_frames import INTERNAL_ERROR
from gateway.proxy.http2_unsent import Unsent
from gateway.proxy.server import ClientConnection

if TYPE_CHECKING:
    from gateway.proxy.context import Context

HIGH_WATER: Final = 64 * 1024
LOW_WATER: Final = 16 * 1024


class Carrier(Protocol):
    """What carries the stream: the HTTP/2 connection, as far as one stream has to do with it."""

    context: Context
    transport: asyncio.Transport

    def acknowledge(self, stream_id: int, size: int) -> None:
        """Let the client send so many bytes more."""

    def send_head(self, stream: StreamTransport, fields: list[tuple[bytes, bytes]], *, ended: bool) -> None:
        """Send the head of an answer, which may be all of it."""

    def send_answer(self, stream: StreamTransport) -> None:
        """Send what waits of an answer, and its end if that is reached."""

    def reset(self, stream: StreamTransport, code: int) -> None:
        """End a stream before its answer is whole."""


class NoSocket:
    """Stands for the socket of a stream: an option set for one must not reach the whole connection."""

    __slots__ = ()

    def setsockopt(self, level: int, option: int, value: object) -> None:
        """Do nothing: how a stream ends is said by its last frame."""


class StreamTransport:
    """The transport, and what is left to send: what is `unsent` of the answer, then its end if it is `whole`.

    `over`: nothing more is sent or taken.
    """

    __slots__ = (
        "_answer",
        "_carrier",
        "_closing",
        "_credit",
        "_paused",
        "_paused_client",
        "_told",
        "client",
        "over",
        "request",
        "stream_id",
        "unsent",
        "whole",
    )

    __deletable__ = ("client",)  # mypyc wants to know

    def __init__(self, carrier: Carrier, stream_id: int, request: RequestBytes) -> None:
        self._carrier = carrier
        self.stream_id = stream_id
        self.request = request
        self.client = ClientConnection(carrier.context, True)
        self._answer = AnswerBytes()
        self.unsent = Unsent()
        self._credit = 0
        self.whole = self.over = self._closing = self._paused = False
        self._paused_client = self._told = False
        self.client.connection_made(cast(asyncio.BaseTransport, self))

    # -- the request ---------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """Give the client connection bytes of its request."""
        if data and not self.over:
            self.client.data_received(data)

    def consumed(self, size: int) -> None:
        """Let the client send as much again as it sent, now or once reading goes on."""
        self._credit += size
        if self._credit and (self.over or not self._paused):
            self._carrier.acknowledge(self.stream_id, self._credit)
            self._credit = 0

    def lost(self) -> None:
        """Tell the client connection that the stream is no more."""
        self.over = True
        if not self._told:
            self._told = True
            self._answer.close()
            self.client.connection_lost(None)
            del self.client  # which refers back to this

    # -- what the client connection calls ------------------------------------------------------------------

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Part of asyncio.BaseTransport."""
        if name == "socket":
            return NoSocket()
        return self._carrier.transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Part of asyncio.BaseTransport."""
        return self._closing or self.over

    def close(self) -> None:
        """Part of asyncio.BaseTransport: a whole answer is sent to its end, half a one is cut."""
        self._closing = True
        if not self.whole:
            self.abort()

    def abort(self) -> None:
        """Part of asyncio.WriteTransport."""
        self._closing = True
        if not self.over:
            self._carrier.reset(self, INTERNAL_ERROR)

    def pause_reading(self) -> None:
        """Part of asyncio.ReadTransport: what the client sends from now on is not credited."""
        self._paused = True

    def resume_reading(self) -> None:
        """Part of asyncio.ReadTransport."""
        self._paused = False
        self.consumed(0)

    def can_write_eof(self) -> bool:
        """Part of asyncio.WriteTransport: the end of the answer is the end of the stream."""
        return False

    def get_write_buffer_size(self) -> int:
        """Part of asyncio.WriteTransport."""
        return self.unsent.size()

    def write(self, data: bytes) -> None:
        """Part of asyncio.WriteTransport: read bytes of the answer and send what may be sent."""
        if self.over or self.whole:
            return
        answer = self._answer
        heads = answer.read(data, self.request.method)
        self.whole = answer.whole
        body, answer.body = answer.body, b""
        last = len(heads) if self.whole and not body else 0
        for number, fields in enumerate(heads, 1):
            self._carrier.send_head(self, fields, ended=number == last)
        if body or (self.whole and not last):
            self.unsent.add(body)
            self._carrier.send_answer(self)

    def hold_back(self) -> None:
        """Tell the client connection whether it may go on writing."""
        left = self.unsent.size()
        if self._paused_client:
            if left <= LOW_WATER:
                self._paused_client = False
                self.client.resume_writing()
        elif left > HIGH_WATER and not self.whole:
            self._paused_client = True
            self.client.pause_writing()
