"""A tunnel: what was a request and is now two streams of bytes, one each way, until both have ended.

Nothing is read but the headers of WebSocket frames, and these only so that the end can be polite: when the
gateway has to go, both sides hear a Close frame between two frames rather than a torn connection.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.http.upgrade import WEBSOCKET
from gateway.http.websocket import GOING_AWAY, FrameBoundary, close_frame
from gateway.proxy.way import Way

if TYPE_CHECKING:
    from gateway.proxy.upstream import UpstreamConnection

PARTING = 2.0
"""Seconds in which both sides may answer a Close frame."""
LINGER = 10.0
"""Seconds without progress after which a side that does not take its last bytes is cut off."""


class Tunnel:
    """Both directions of one tunnel; `active_at` is when bytes last came, as the loop tells the time."""

    __slots__ = (
        "_client_gone",
        "_closing",
        "_deadline",
        "_draining",
        "_loop",
        "_outbox",
        "_owner",
        "_pending",
        "_upstream_gone",
        "active_at",
        "to_client",
        "to_upstream",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        client: asyncio.Transport,
        upstream: UpstreamConnection,
        protocol: bytes,
        ended: Callable[[Tunnel], None],
    ) -> None:
        """`ended` is called once, when both connections are gone."""
        framed = protocol == WEBSOCKET
        self._loop = loop
        self._outbox = outbox = upstream.outbox
        self.to_client = Way(client, outbox, FrameBoundary() if framed else None)
        self.to_upstream = Way(upstream.transport, outbox, FrameBoundary() if framed else None)
        self._owner: Callable[[Tunnel], None] | None = ended
        self.active_at = loop.time()
        self._draining = self._closing = self._client_gone = self._upstream_gone = False
        self._deadline = 0.0
        self._pending = 0

    def from_client(self, data: bytes) -> None:
        """Bytes came from the client."""
        self.active_at = self._loop.time()
        self.to_upstream.forward(data)
        if self._draining:
            self._close_once_agreed()

    def from_upstream(self, data: bytes) -> None:
        """Bytes came from the service."""
        self.active_at = self._loop.time()
        self.to_client.forward(data)
        if self._draining:
            self._close_once_agreed()

    def client_writable(self, writable: bool) -> None:
        """Hold the service back while the client takes no more."""
        _read(self.to_upstream.sink, self.to_client, writable)

    def upstream_writable(self, writable: bool) -> None:
        """Hold the client back while the service takes no more."""
        _read(self.to_client.sink, self.to_upstream, writable)

    def client_eof(self) -> None:
        """The client sends no more."""
        self._end(self.to_upstream)

    def upstream_eof(self) -> None:
        """The service sends no more."""
        self._end(self.to_client)

    def _end(self, way: Way) -> None:
        if not way.ended:
            way.end()
        if self.to_client.ended and self.to_upstream.ended:
            self.close()

    def client_lost(self) -> None:
        """The client's connection is gone."""
        self._client_gone = True
        self._lost()

    def upstream_lost(self) -> None:
        """The service's connection is gone."""
        self._upstream_gone = True
        self._lost()

    def _lost(self) -> None:
        self.close()
        if self._client_gone and self._upstream_gone:
            owner, self._owner = self._owner, None  # they refer to each other
            if owner is not None:
                owner(self)

    def drain(self) -> None:
        """End soon: WebSockets say goodbye both ways first, other protocols have no words for it."""
        if self._draining or self._closing:
            return
        if self.to_client.frames is None:
            self.close()
            return
        self._draining = True
        self._deadline = self._loop.time() + PARTING
        self.to_client.part(close_frame(GOING_AWAY))
        self.to_upstream.part(close_frame(GOING_AWAY, os.urandom(4)))
        self._close_once_agreed()

    def _close_once_agreed(self) -> None:
        if self.to_client.has_closed() and self.to_upstream.has_closed():
            self.close()

    def close(self) -> None:
        """End now: each side still gets what was sent to it."""
        if self._closing:
            return
        self._closing = True
        self._deadline = self._loop.time() + LINGER
        self._outbox.flush()
        for way in (self.to_client, self.to_upstream):
            if not way.sink.is_closing():
                way.sink.close()
        self._pending = self._unsent()

    def _unsent(self) -> int:
        client = 0 if self._client_gone else self.to_client.sink.get_write_buffer_size()
        return client + (0 if self._upstream_gone else self.to_upstream.sink.get_write_buffer_size())

    def check_deadlines(self, now: float, idle: float) -> bool:
        """End what neither side has used for `idle` seconds, and what does not end by itself.

        `now` is as the loop tells the time. Returns True once, when it has been idle for too long.
        """
        if self._closing:
            self._check_progress(now)
        elif self._draining:
            if now > self._deadline:
                self.close()
        elif now - self.active_at > idle:
            self.drain()
            return True
        return False

    def _check_progress(self, now: float) -> None:
        unsent = self._unsent()
        if unsent < self._pending:
            self._pending = unsent
            self._deadline = now + LINGER
        elif now > self._deadline:
            self.to_client.sink.abort()
            self.to_upstream.sink.abort()


def _read(source: asyncio.Transport, way: Way, more: bool) -> None:
    if way.ended or source.is_closing():
        return
    if more:
        source.resume_reading()
    else:
        source.pause_reading()
