"""One of a tunnel's two directions: bytes passed on as they come, and a place found for the last words."""

from __future__ import annotations

import asyncio

from gateway.http.websocket import FrameBoundary
from gateway.proxy.outbox import Outbox


class Way:
    """One direction: what one side sends goes to `sink`, the other side. `count` is in bytes.

    `ended`: nothing more will come. `frames` follows a WebSocket; other protocols have none.
    """

    __slots__ = ("_last_words", "_outbox", "_parting", "count", "ended", "frames", "sink")

    def __init__(self, sink: asyncio.Transport, outbox: Outbox, frames: FrameBoundary | None) -> None:
        self.sink = sink
        self.frames = frames
        self.ended = False
        self.count = 0
        self._outbox = outbox
        self._parting = False
        self._last_words = b""

    def forward(self, data: bytes) -> None:
        """Send what came."""
        frames = self.frames
        if frames is not None:
            if self._parting:
                self._forward_last(data, frames)
                return
            frames.feed(data)
        self.count += len(data)
        self._outbox.write_part(self.sink, data)

    def _forward_last(self, data: bytes, frames: FrameBoundary) -> None:
        """Send no more than the frame under way; follow the rest, of which only a Close frame matters."""
        size = frames.feed_frame(data) if self._last_words else 0
        if size:
            self.count += size
            self._outbox.write_part(self.sink, data[:size])
        self._say(frames)
        frames.feed(data[size:])

    def part(self, last_words: bytes) -> None:
        """Send a Close frame as soon as the frame under way is whole, and nothing after it."""
        frames = self.frames
        if frames is not None and not self._parting and not self.ended:
            self._parting = True
            self._last_words = last_words
            self._say(frames)

    def _say(self, frames: FrameBoundary) -> None:
        if self._last_words and frames.is_between_frames():
            if not frames.closes:  # a Close frame is the last one
                self._outbox.write(self.sink, self._last_words)
            self._last_words = b""

    def has_closed(self) -> bool:
        """Tell whether a whole Close frame came, or the end."""
        frames = self.frames
        return self.ended or (frames is not None and frames.closes and frames.is_between_frames())

    def end(self) -> None:
        """Pass on that nothing more will come; TLS cannot say so without ending the other direction too."""
        self.ended = True
        self._outbox.flush()
        sink = self.sink
        if not sink.is_closing():
            if sink.can_write_eof():
                sink.write_eof()
            else:
                sink.close()
