"""The streams of one HTTP/2 connection: begun, fed, answered and ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamReset,
    TrailersReceived,
    WindowUpdated,
)

from gateway.errors import Fault
from gateway.http.h2_translate import Malformed, RequestBytes, trailers
from gateway.monitoring.tally import REFUSED
from gateway.proxy.http2_floods import FloodGuard
from gateway.proxy.http2_frames import NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM
from gateway.proxy.http2_sender import Sender
from gateway.proxy.http2_stream import StreamTransport

if TYPE_CHECKING:
    from gateway.proxy.http2 import Http2Connection


_MALFORMED = Fault(400, "refused", "the request breaks HTTP/2")


class Streams:
    """Those being answered are in `open`; `sender` writes what they answer."""

    __slots__ = ("_connection", "_guard", "_h2", "context", "open", "sender", "transport")

    def __init__(self, connection: Http2Connection, h2: H2Connection, guard: FloodGuard) -> None:
        self._connection = connection
        self._h2 = h2
        self._guard = guard
        self.context = connection.context
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self.sender = Sender(self.context, h2, guard)
        self.open: dict[int, StreamTransport] = {}

    def connected(self, transport: asyncio.Transport) -> None:
        """Begin, by telling the client what it may do."""
        self.transport = self.sender.transport = transport
        self.sender.flush()

    def handle(self, event: Event) -> None:
        """Do what an event of the library asks for; raises Broken where there were too many of them."""
        if isinstance(event, RequestReceived):
            self._begin(event)
        elif isinstance(event, DataReceived):
            self._data(event)
        elif isinstance(event, WindowUpdated):
            self._window_opened(event.stream_id)
        elif isinstance(event, RemoteSettingsChanged):
            self.send_blocked()
        elif isinstance(event, StreamReset):
            if not event.remote_reset:  # the library did it, and the client made it do so
                self._guard.forced_reset(self.context.now)
            self.lose(event.stream_id)
        elif isinstance(event, TrailersReceived):
            self._trailers(event)

    # -- requests ------------------------------------------------------------------------------------------

    def _begin(self, event: RequestReceived) -> None:
        stream_id = event.stream_id
        if not self._connection.begins():
            self._guard.forced_reset(self.context.now)
            self._h2.reset_stream(stream_id, REFUSED_STREAM)  # nothing was done: it may be asked elsewhere
            return
        # Over a body of another length the library would end the connection; RequestBytes ends the stream.
        self._h2.streams[stream_id]._expected_content_length = None
        request = RequestBytes()
        try:
            head = request.head(event.headers, event.stream_ended is not None)
        except Malformed:
            self._malformed(stream_id)
            return
        stream = self.open[stream_id] = StreamTransport(self, stream_id, request)
        stream.feed(head)

    def _data(self, event: DataReceived) -> None:
        stream = self.open.get(event.stream_id)
        size = event.flow_controlled_length
        if stream is None:
            self.acknowledge(event.stream_id, size)
            return
        ended = event.stream_ended is not None
        if not ended:
            self._guard.data(len(event.data), self.context.now)
        try:
            out = stream.request.body(event.data, ended)
        except Malformed:
            self.acknowledge(event.stream_id, size)
            self._malformed(event.stream_id)
            return
        stream.feed(out)
        stream.consumed(size)

    def _trailers(self, event: TrailersReceived) -> None:
        """A body may end with fields; they are checked and not passed on."""
        stream = self.open.get(event.stream_id)
        if stream is None:
            return
        try:
            trailers(event.headers)
            out = stream.request.body(b"", True)
        except Malformed:
            self._malformed(event.stream_id)
            return
        stream.feed(out)

    def _malformed(self, stream_id: int) -> None:
        context = self.context
        context.tally.block("", "", 0).count(REFUSED)
        if context.logbook is not None and stream_id not in self.open:  # else its exchange writes it down
            context.logbook.unread(_MALFORMED, context.draw_bits(128))
        self._guard.forced_reset(self.context.now)
        self._h2.reset_stream(stream_id, PROTOCOL_ERROR)
        self.lose(stream_id)

    def acknowledge(self, stream_id: int, size: int) -> None:
        """Let the client send so many bytes more."""
        if size and not self._connection.ended:
            self._h2.acknowledge_received_data(size, stream_id)
            self.sender.flush_soon()

    # -- answers -------------------------------------------------------------------------------------------

    def send_head(self, stream: StreamTransport, fields: list[tuple[bytes, bytes]], *, ended: bool) -> None:
        """Send the head of an answer, which may be all of it."""
        self.sender.head(stream, fields, ended=ended)
        if ended:
            self._answered(stream)

    def send_answer(self, stream: StreamTransport) -> None:
        """Send what waits of an answer, and its end if that is reached."""
        if self.sender.body(stream):
            self._answered(stream)
        else:
            stream.hold_back()

    def send_blocked(self) -> None:
        """Go on with the streams that wait; those that stay blocked queue up behind the others."""
        for stream in list(self.sender.blocked.values()):
            self.send_answer(stream)

    def _window_opened(self, stream_id: int | None) -> None:
        if not stream_id:
            self.send_blocked()
        elif stream_id in self.sender.blocked:
            self.send_answer(self.sender.blocked[stream_id])

    def _answered(self, stream: StreamTransport) -> None:
        """The answer's end is sent: so ends the stream, whatever the client still has to say on it."""
        self._guard.answered()
        if not stream.request.ended:
            self._h2.reset_stream(stream.stream_id, NO_ERROR)
        self._remove(stream)

    def reset(self, stream: StreamTransport, code: int) -> None:
        """End a stream before its answer is whole."""
        if stream.stream_id in self.open:
            self._h2.reset_stream(stream.stream_id, code)
            self.sender.flush_soon()
            self._remove(stream)

    # -- ends ----------------------------------------------------------------------------------------------

    def _remove(self, stream: StreamTransport) -> None:
        """Forget a stream from within its own client connection, which learns of it a turn later."""
        self._forget(stream)
        self.context.loop.call_soon(stream.lost)

    def lose(self, stream_id: int) -> None:
        """End a stream that the client left or must not go on with."""
        stream = self.open.get(stream_id)
        if stream is not None:
            self._forget(stream)
            stream.lost()

    def lose_all(self) -> None:
        """End all streams, with the connection."""
        for stream_id in list(self.open):
            self.lose(stream_id)

    def _forget(self, stream: StreamTransport) -> None:
        del self.open[stream.stream_id]
        self.sender.blocked.pop(stream.stream_id, None)
        stream.over = True
        stream.consumed(0)
        if not self.open:
            self._connection.is_quiet()
