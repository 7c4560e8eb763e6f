"""One HTTP/2 connection of a client, by TLS with ALPN; loaded when the first one comes.

The library h2 does the framing and the compression of what comes. Each stream is an ordinary client
connection (`http2_stream.py`); here is what holds for all of them: admission, floods, deadlines, the end.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from h2.exceptions import ProtocolError

from gateway.monitoring.tally import REFUSED, UNAVAILABLE
from gateway.monitoring.tally_layout import (
    HIT_BODY_TIMEOUT,
    HIT_HEAD_TIMEOUT,
    HIT_HTTP2_FLOOD,
    HIT_KEEP_ALIVE_TIMEOUT,
    HIT_REQUESTS_PER_CONNECTION,
)
from gateway.proxy.arrivals import arrive, leave
from gateway.proxy.http2_floods import FloodGuard
from gateway.proxy.http2_frames import (
    CANCEL,
    ENHANCE_YOUR_CALM,
    GOAWAY,
    NO_ERROR,
    PROTOCOL_ERROR,
    Broken,
    Frame,
    FrameReader,
)
from gateway.proxy.http2_library import new_connection
from gateway.proxy.http2_streams import Streams
from gateway.proxy.peers import plain_address

if TYPE_CHECKING:
    from gateway.proxy.context import Context

HEAD_SLACK: Final = 2
"""How many times the limit a head may be to be answered with 431; beyond that the connection ends."""
CROSSING: Final = 1.0
"""Seconds in which a request may have been on its way while the client was told to send no more."""
LINGER: Final = 2.0
"""Seconds in which a client may read why its connection ends."""
_ALL_STREAMS: Final = 2**31 - 1


class Http2Connection:
    """One client; `peer` is its address. `ended`: nothing of it is read any more."""

    __slots__ = (
        "_drained_since",
        "_guard",
        "_h2",
        "_leaving",
        "_owed_since",
        "_reader",
        "_requests_left",
        "_since",
        "_streams",
        "_warned_at",
        "context",
        "ended",
        "peer",
        "transport",
    )

    def __init__(self, context: Context) -> None:
        self.context = context
        self.peer = b""
        self.ended = self._leaving = False
        self._warned_at = self._drained_since = 0.0
        self._since = self._owed_since = context.now
        self._h2 = new_connection(context.limits.head, HEAD_SLACK * context.limits.head)
        self._reader = FrameReader(HEAD_SLACK * context.limits.head)
        self._guard = FloodGuard(context.now)
        self._requests_left = context.limits.requests_per_connection
        self._streams = Streams(self, self._h2, self._guard)
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)

    # -- asyncio.Protocol ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        self.transport = cast(asyncio.Transport, transport)
        self._streams.connected(self.transport)
        peer = transport.get_extra_info("peername")
        self.peer = plain_address(peer[0]) if peer else b""
        fault = arrive(self.context, self)
        if fault is not None:
            self.context.tally.block("", "", 0).count(UNAVAILABLE if fault.status == 503 else REFUSED)
            if self.context.logbook is not None:
                self.context.logbook.unread(fault, self.context.draw_bits(128))
            self._end(ENHANCE_YOUR_CALM, fault.detail)

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self.ended = True
        self._streams.lose_all()
        leave(self.context, self)

    def eof_received(self) -> bool:
        """Part of asyncio.Protocol: TLS has no half-closed connections."""
        return False

    def pause_writing(self) -> None:
        """Part of asyncio.Protocol."""
        self._streams.sender.writable = False
        self.transport.pause_reading()  # whoever takes no answers may ask nothing more: they would pile up

    def resume_writing(self) -> None:
        """Part of asyncio.Protocol."""
        self._streams.sender.writable = True
        if not self.transport.is_closing():
            self.transport.resume_reading()
        self._streams.send_blocked()

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        if self.ended:
            return
        try:
            frames = self._reader.read(data)
            for frame in frames:
                if not self.ended:
                    self._take(frame)
            if not self._reader.is_midway:
                self._owed_since = 0.0
            elif frames or not self._owed_since:
                self._owed_since = self.context.now
        except Broken as broken:
            if broken.flood:
                self.context.tally.hit(HIT_HTTP2_FLOOD)
            self._break(broken.code, broken.detail)
        except ProtocolError as error:  # the library has said so, but not why
            self._break(int(error.error_code), str(error))
        self._streams.sender.flush()

    def _take(self, frame: Frame) -> None:
        self._guard.frame(frame, frame.stream_id in self._streams.open, self.context.now)
        if frame.kind == GOAWAY:  # told of it, the library would send no answer any more
            self._leaving = True
            if not self._streams.open:
                self._end(NO_ERROR, "")
            return
        for event in self._h2.receive_data(frame.data):
            self._streams.handle(event)

    # -- what streams tell ---------------------------------------------------------------------------------

    def begins(self) -> bool:
        """Count a request; return False where no more are taken."""
        if self._leaving:
            return False
        self.context.idle.pop(self, None)
        self._requests_left -= 1
        if self._requests_left <= 0:
            self.context.tally.hit(HIT_REQUESTS_PER_CONNECTION)
            self._say_goodbye()
        return True

    def is_quiet(self) -> None:
        """No stream is open any more."""
        self._since = self.context.now
        if not self.ended:
            self.context.idle[self] = None
            if self._leaving:
                self.context.loop.call_soon(self._end_if_quiet)

    # -- the end -------------------------------------------------------------------------------------------

    def _say_goodbye(self) -> None:
        """Take no more requests; those that were begun are answered."""
        self._leaving = True
        self._streams.sender.goaway(self._h2.highest_inbound_stream_id, NO_ERROR)

    def _end_if_quiet(self) -> None:
        # Politely the client has the last word: closed by us, its next request could cross the end.
        if not self._streams.open and not self.ended and not self.context.polite:
            self._close()

    def _break(self, code: int, detail: str) -> None:
        self.context.tally.block("", "", 0).count(REFUSED)
        self._end(code, detail)

    def _end(self, code: int, detail: str) -> None:
        """End the connection, whatever is under way on it, and say why."""
        self._streams.sender.goaway(self._h2.highest_inbound_stream_id, code, detail)
        self._close()

    def _close(self) -> None:
        self.ended = True
        self._since = self.context.now
        self.context.idle.pop(self, None)
        self._streams.lose_all()
        self._streams.sender.flush()
        self.transport.close()

    def evict(self) -> None:
        """Close an idle connection to make room for another."""
        self._end(NO_ERROR, "")

    def is_busy(self) -> bool:
        """Tell whether an answer is under way, or not yet wholly taken."""
        return bool(self._streams.open) or self.transport.get_write_buffer_size() > 0

    def check_deadlines(self, now: float) -> None:
        """Close a connection that is idle, or slow to send or to take, for too long; drain it."""
        limits = self.context.limits
        if self.ended:
            if now - self._since > LINGER:
                self.transport.abort()
        elif self._owed_since and self._is_too_slow(now - self._owed_since):
            self._break(PROTOCOL_ERROR, "the rest of a frame, or of a head, did not come in time")
        elif self._streams.open:
            self._check_streams(now, limits.body_timeout)
        elif now - self._since > limits.keep_alive_timeout:
            self.context.tally.hit(HIT_KEEP_ALIVE_TIMEOUT)
            self._end(NO_ERROR, "")
        if self.context.draining and not self.ended:
            self._drain(now)

    def _is_too_slow(self, elapsed: float) -> bool:
        """Tell whether the rest of what has begun should have come by now, and count it."""
        limits, of_head = self.context.limits, self._reader.is_in_head
        if elapsed <= (limits.head_timeout if of_head else limits.body_timeout):
            return False
        self.context.tally.hit(HIT_HEAD_TIMEOUT if of_head else HIT_BODY_TIMEOUT)
        return True

    def _check_streams(self, now: float, within: float) -> None:
        for stream in list(self._streams.open.values()):
            if stream.stalled and now - stream.stalled > within:
                self.context.tally.hit(HIT_BODY_TIMEOUT)
                self._streams.reset(stream, CANCEL)
            elif not stream.whole:
                stream.client.check_deadlines(now)

    def _drain(self, now: float) -> None:
        """Say that it ends, at best while nothing is open.

        Then the last stream named is the last one there was, and a client knows of any request that crosses
        this that it may be sent elsewhere. A connection that is never quiet is warned first, in the second
        half of the period: not all clients understand that (RFC 9113, 6.8).
        """
        if self._leaving:
            if not self.context.polite:
                self._end_if_quiet()
            return
        self._drained_since = self._drained_since or now
        if not self.context.polite or not self._streams.open:
            self._say_goodbye()
            self._end_if_quiet()
        elif not self._warned_at:
            if now - self._drained_since > self.context.limits.drain_timeout / 2:
                self._warned_at = now
                self._streams.sender.goaway(_ALL_STREAMS, NO_ERROR)
        elif now - self._warned_at > CROSSING:
            self._say_goodbye()
