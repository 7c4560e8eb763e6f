"""What time does to one HTTP/2 connection: idle, slow or drained, it ends in the end.

All of it is looked at now and then, not with each request, and needs to know when things began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.monitoring.tally_layout import HIT_BODY_TIMEOUT, HIT_HEAD_TIMEOUT, HIT_KEEP_ALIVE_TIMEOUT
from gateway.proxy.http2_frames import CANCEL, NO_ERROR, PROTOCOL_ERROR, FrameReader
from gateway.proxy.http2_streams import Streams

if TYPE_CHECKING:
    from gateway.proxy.http2 import Http2Connection

CROSSING: Final = 1.0
"""Seconds in which a request may have been on its way while the client was told to send no more."""
LINGER: Final = 2.0
"""Seconds in which a client may read why its connection ends."""
_ALL_STREAMS: Final = 2**31 - 1


class Deadlines:
    """Since when a connection is idle or ended, owes the rest of something, is drained; 0: it is not."""

    __slots__ = (
        "_connection",
        "_drained_since",
        "_owed_since",
        "_reader",
        "_since",
        "_streams",
        "_warned_at",
    )

    def __init__(self, connection: Http2Connection, reader: FrameReader, streams: Streams) -> None:
        self._connection = connection
        self._reader = reader
        self._streams = streams
        self._since = self._owed_since = connection.context.now
        self._drained_since = self._warned_at = 0.0

    def read(self, whole: bool) -> None:
        """Note that bytes came; with a `whole` frame among them the rest has its full time again."""
        if not self._reader.is_midway:
            self._owed_since = 0.0
        elif whole or not self._owed_since:
            self._owed_since = self._connection.context.now

    def restart(self) -> None:
        """Note that the connection is idle from now on, or has ended."""
        self._since = self._connection.context.now

    def check(self, now: float) -> None:
        """Close a connection that is idle, or slow to send or to take, for too long; drain it."""
        connection = self._connection
        context = connection.context
        limits = context.limits
        if connection.ended:
            if now - self._since > LINGER:
                connection.transport.abort()
        elif self._owed_since and self._is_too_slow(now - self._owed_since):
            connection.break_off(PROTOCOL_ERROR, "the rest of a frame, or of a head, did not come in time")
        elif self._streams.open:
            self._check_streams(now, limits.body_timeout)
        elif now - self._since > limits.keep_alive_timeout:
            context.tally.hit(HIT_KEEP_ALIVE_TIMEOUT)
            connection.end(NO_ERROR, "")
        if context.draining and not connection.ended:
            self._drain(now)

    def _is_too_slow(self, elapsed: float) -> bool:
        """Tell whether the rest of what has begun should have come by now, and count it."""
        context, of_head = self._connection.context, self._reader.is_in_head
        if elapsed <= (context.limits.head_timeout if of_head else context.limits.body_timeout):
            return False
        context.tally.hit(HIT_HEAD_TIMEOUT if of_head else HIT_BODY_TIMEOUT)
        return True

    def _check_streams(self, now: float, within: float) -> None:
        for stream in list(self._streams.open.values()):
            if stream.unsent.stalled and now - stream.unsent.stalled > within:
                self._connection.context.tally.hit(HIT_BODY_TIMEOUT)
                self._streams.reset(stream, CANCEL)
            elif not stream.whole:
                stream.client.check_deadlines(now)

    def _drain(self, now: float) -> None:
        """Say that it ends, at best while nothing is open.

        Then the last stream named is the last one there was, and a client knows of any request that crosses
        this that it may be sent elsewhere. A connection that is never quiet is warned first, in the second
        half of the period: not all clients understand that (RFC 9113, 6.8).
        """
        connection = self._connection
        context = connection.context
        if connection.leaving:
            connection.end_if_quiet()
            return
        self._drained_since = self._drained_since or now
        if not context.polite or not self._streams.open:
            connection.say_goodbye()
            connection.end_if_quiet()
        elif not self._warned_at:
            if now - self._drained_since > context.limits.drain_timeout / 2:
                self._warned_at = now
                self._streams.sender.goaway(_ALL_STREAMS, NO_ERROR)
        elif now - self._warned_at > CROSSING:
            connection.say_goodbye()
