"""One HTTP/2 stream as the transport of an ordinary client connection.

The connection behind it believes that it talks to a client of HTTP/1.1, so what holds for those holds for
HTTP/2: one strictness, one way through the gateway, one observation. What it writes is read again as an
answer and sent as HEADERS and DATA, as far as the client's windows reach; the rest waits here, and holds back
the service.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from gateway.http.framing import has_no_body
from gateway.http.h2_translate import RequestBytes, answer_fields
from gateway.http.message import CHUNKED, END_OF_HEAD, AnswerReader
from gateway.proxy.http2_frames import INTERNAL_ERROR
from gateway.proxy.server import ClientConnection

if TYPE_CHECKING:
    from gateway.proxy.http2_streams import Streams

HIGH_WATER: Final = 64 * 1024
LOW_WATER: Final = 16 * 1024
PROGRESS: Final = 4 * 1024
"""Bytes that a client must take, or all there are, to count as one that reads."""


class NoSocket:
    """Stands for the socket of a stream: an option set for one must not reach the whole connection."""

    __slots__ = ()

    def setsockopt(self, level: int, option: int, value: object) -> None:
        """Do nothing: how a stream ends is said by its last frame."""


class StreamTransport:
    """The transport, and what is left to send: some bytes of the answer, then its end if it is `whole`.

    `over`: nothing more is sent or taken. `stalled`: when the client last took something, 0 while nothing
    waits for it.
    """

    __slots__ = (
        "_closing",
        "_credit",
        "_head",
        "_head_sent",
        "_paused",
        "_paused_client",
        "_pending",
        "_progress",
        "_reader",
        "_sent",
        "_streams",
        "_told",
        "client",
        "over",
        "request",
        "stalled",
        "stream_id",
        "whole",
    )

    __deletable__ = ("client",)  # mypyc wants to know

    def __init__(self, streams: Streams, stream_id: int, request: RequestBytes) -> None:
        self._streams = streams
        self.stream_id = stream_id
        self.request = request
        self.client = ClientConnection(streams.context, True)
        self._reader = AnswerReader()
        self._head = self._pending = b""
        self._sent = self._credit = self._progress = 0
        self._head_sent = self.whole = self.over = self._closing = self._paused = False
        self._paused_client = self._told = False
        self.stalled = 0.0
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
            self._streams.acknowledge(self.stream_id, self._credit)
            self._credit = 0

    def lost(self) -> None:
        """Tell the client connection that the stream is no more."""
        self.over = True
        if not self._told:
            self._told = True
            self._reader.close()
            self.client.connection_lost(None)
            del self.client  # which refers back to this

    # -- what the client connection calls ------------------------------------------------------------------

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Part of asyncio.BaseTransport."""
        if name == "socket":
            return NoSocket()
        return self._streams.transport.get_extra_info(name, default)

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
            self._streams.reset(self, INTERNAL_ERROR)

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
        return len(self._pending) - self._sent

    def write(self, data: bytes) -> None:
        """Part of asyncio.WriteTransport: read bytes of the answer and send what may be sent."""
        if self.over or self.whole:
            return
        while data and not self._head_sent:
            data = self._read_head(self._head + data)
        if self._head_sent and not self.whole and not self.over:
            if data:
                self._reader.read_body(data)
                self._keep(self._reader.take())
            self.whole = self._reader.complete
            self._streams.send_answer(self)

    def _read_head(self, data: bytes) -> bytes:
        """Send a head that is whole; return what follows it."""
        end = data.find(END_OF_HEAD)
        if end < 0:
            self._head = data
            return b""
        self._head = b""
        reader, head = self._reader, data[: end + 4]
        reader.read_head(head)
        status = reader.status()
        fields = answer_fields(head, status)
        if status < 200:
            self._streams.send_head(self, fields, ended=False)
            return data[end + 4 :]
        self._head_sent = True
        if has_no_body(self.request.method, status):
            reader.skip_body()
        else:
            reader.expect(_framing(fields))
        self.whole = reader.complete
        self._streams.send_head(self, fields, ended=self.whole)
        return data[end + 4 :]

    # -- what waits for the client -------------------------------------------------------------------------

    def _keep(self, body: bytes) -> None:
        if self._pending:
            self._pending = self._pending[self._sent :] + body
        else:
            self._pending = body
        self._sent = 0

    def take(self, count: int, now: float) -> bytes:
        """Return so many bytes of what waits, to be sent."""
        start = self._sent
        self._sent = end = start + count
        data = self._pending[start:end]
        self._progress += count
        if end == len(self._pending):
            self._pending = b""
            self._sent = self._progress = 0
            self.stalled = 0.0
        elif self._progress >= PROGRESS:
            self._progress = 0
            self.stalled = now
        return data

    def hold_back(self) -> None:
        """Tell the client connection whether it may go on writing."""
        left = self.get_write_buffer_size()
        if self._paused_client:
            if left <= LOW_WATER:
                self._paused_client = False
                self.client.resume_writing()
        elif left > HIGH_WATER and not self.whole:
            self._paused_client = True
            self.client.pause_writing()


def _framing(fields: list[tuple[bytes, bytes]]) -> int:
    """Return how the gateway's own answer ends; to clients of HTTP/1.1 it always says so."""
    for name, value in fields:
        if name == b"content-length":
            return int(value)
    return CHUNKED
