"""What goes out on one HTTP/2 connection: written once for each turn, as far as the client's windows go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from gateway.proxy.http2_floods import FloodGuard
from gateway.proxy.http2_frames import MAX_FRAME, goaway

if TYPE_CHECKING:
    from h2.connection import H2Connection

    from gateway.proxy.context import Context
    from gateway.proxy.http2_stream import StreamTransport

LARGE: Final = 64 * 1024
"""Bytes that are written at once, so that a client that takes no more is noticed."""


class Sender:
    """Sends frames; `writable` whether the connection takes more, `blocked` are the streams that wait."""

    __slots__ = ("_context", "_flushing", "_guard", "_h2", "_unflushed", "blocked", "transport", "writable")

    def __init__(self, context: Context, h2: H2Connection, guard: FloodGuard) -> None:
        self._context = context
        self._h2 = h2
        self._guard = guard
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._unflushed = 0
        self._flushing = False
        self.writable = True
        self.blocked: dict[int, StreamTransport] = {}

    def flush(self) -> None:
        """Write everything now."""
        self._flushing = False
        self._unflushed = 0
        data = self._h2.data_to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)

    def flush_soon(self) -> None:
        """Write everything at the end of this turn."""
        if not self._flushing:
            self._flushing = True
            self._context.loop.call_soon(self.flush)

    def goaway(self, last_stream: int, code: int, detail: str = "") -> None:
        """Say which streams are still answered, and why no others are."""
        self.flush()
        if not self.transport.is_closing():
            self.transport.write(goaway(last_stream, code, detail))

    def head(self, stream: StreamTransport, fields: list[tuple[bytes, bytes]], *, ended: bool) -> None:
        """Send the head of an answer."""
        self._h2.send_headers(stream.stream_id, fields, end_stream=ended)
        self.flush_soon()

    def body(self, stream: StreamTransport) -> bool:
        """Send what waits of an answer, as far as it may be; return whether its end was sent."""
        h2, stream_id, unsent = self._h2, stream.stream_id, stream.unsent
        self.blocked.pop(stream_id, None)
        self.flush_soon()
        while size := unsent.size():
            count = min(size, MAX_FRAME, h2.local_flow_control_window(stream_id))
            if count <= 0 or not self.writable:
                self.blocked[stream_id] = stream
                unsent.blocked(self._context.now)
                return False
            ended = stream.whole and count == size
            h2.send_data(stream_id, unsent.take(count, self._context.now), end_stream=ended)
            if count in (MAX_FRAME, size):
                self._guard.sent_freely()
            self._unflushed += count
            if self._unflushed > LARGE:
                self.flush()
            if ended:
                return True
        if stream.whole:
            h2.end_stream(stream_id)
        return stream.whole
