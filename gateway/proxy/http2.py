"""One HTTP/2 connection of a client, by TLS with ALPN; loaded when the first one comes.

The library h2 does the framing and the compression of what comes. Each stream is an ordinary client
connection (`http2_stream.py`); here is what holds for all of them: admission, floods, the end. When they end
for want of time is in `http2_deadlines.py`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

from h2.exceptions import ProtocolError

from gateway.monitoring.tally import REFUSED, UNAVAILABLE
from gateway.monitoring.tally_layout import HIT_HTTP2_FLOOD, HIT_REQUESTS_PER_CONNECTION
from gateway.proxy.arrivals import arrive, leave
from gateway.proxy.http2_deadlines import Deadlines
from gateway.proxy.http2_floods import FloodGuard
from gateway.proxy.http2_frames import ENHANCE_YOUR_CALM, GOAWAY, NO_ERROR, Broken, Frame, FrameReader
from gateway.proxy.http2_library import new_connection
from gateway.proxy.http2_streams import Streams
from gateway.proxy.peers import plain_address

if TYPE_CHECKING:
    from gateway.proxy.context import Context

HEAD_SLACK: Final = 2
"""How many times the limit a head may be to be answered with 431; beyond that the connection ends."""


class Http2Connection:
    """One client; `peer` is its address.

    `leaving`: it begins no more requests. `ended`: nothing of it is read any more.
    """

    __slots__ = (
        "_deadlines",
        "_guard",
        "_h2",
        "_reader",
        "_requests_left",
        "_streams",
        "context",
        "ended",
        "leaving",
        "peer",
        "transport",
    )

    def __init__(self, context: Context) -> None:
        self.context = context
        self.peer = b""
        self.ended = self.leaving = False
        self._h2 = new_connection(context.limits.head, HEAD_SLACK * context.limits.head)
        self._reader = FrameReader(HEAD_SLACK * context.limits.head)
        self._guard = FloodGuard(context.now)
        self._requests_left = context.limits.requests_per_connection
        self._streams = Streams(self, self._h2, self._guard)
        self._deadlines = Deadlines(self, self._reader, self._streams)
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
            self.end(ENHANCE_YOUR_CALM, fault.detail)

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
            self._deadlines.read(bool(frames))
        except Broken as broken:
            if broken.flood:
                self.context.tally.hit(HIT_HTTP2_FLOOD)
            self.break_off(broken.code, broken.detail)
        except ProtocolError as error:  # the library has said so, but not why
            self.break_off(int(error.error_code), str(error))
        self._streams.sender.flush()

    def _take(self, frame: Frame) -> None:
        self._guard.frame(frame, frame.stream_id in self._streams.open, self.context.now)
        if frame.kind == GOAWAY:  # told of it, the library would send no answer any more
            self.leaving = True
            if not self._streams.open:
                self.end(NO_ERROR, "")
            return
        for event in self._h2.receive_data(frame.data):
            self._streams.handle(event)

    # -- what streams tell ---------------------------------------------------------------------------------

    def begins(self) -> bool:
        """Count a request; return False where no more are taken."""
        if self.leaving:
            return False
        self.context.idle.pop(self, None)
        self._requests_left -= 1
        if self._requests_left <= 0:
            self.context.tally.hit(HIT_REQUESTS_PER_CONNECTION)
            self.say_goodbye()
        return True

    def is_quiet(self) -> None:
        """No stream is open any more."""
        self._deadlines.restart()
        if not self.ended:
            self.context.idle[self] = None
            if self.leaving:
                self.context.loop.call_soon(self.end_if_quiet)

    # -- the end -------------------------------------------------------------------------------------------

    def say_goodbye(self) -> None:
        """Take no more requests; those that were begun are answered."""
        self.leaving = True
        self._streams.sender.goaway(self._h2.highest_inbound_stream_id, NO_ERROR)

    def end_if_quiet(self) -> None:
        """Close a connection on which all is answered.

        Politely the client has the last word: closed by us, its next request could cross the end.
        """
        if not self._streams.open and not self.ended and not self.context.polite:
            self._close()

    def break_off(self, code: int, detail: str) -> None:
        """End a connection whose client broke the rules."""
        self.context.tally.block("", "", 0).count(REFUSED)
        self.end(code, detail)

    def end(self, code: int, detail: str) -> None:
        """End the connection, whatever is under way on it, and say why."""
        self._streams.sender.goaway(self._h2.highest_inbound_stream_id, code, detail)
        self._close()

    def _close(self) -> None:
        self.ended = True
        self._deadlines.restart()
        self.context.idle.pop(self, None)
        self._streams.lose_all()
        self._streams.sender.flush()
        self.transport.close()

    def evict(self) -> None:
        """Close an idle connection to make room for another."""
        self.end(NO_ERROR, "")

    def is_busy(self) -> bool:
        """Tell whether an answer is under way, or not yet wholly taken."""
        return bool(self._streams.open) or self.transport.get_write_buffer_size() > 0

    def check_deadlines(self, now: float) -> None:
        """Close a connection that is idle, or slow to send or to take, for too long; drain it."""
        self._deadlines.check(now)
