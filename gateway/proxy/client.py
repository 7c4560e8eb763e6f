"""A client's connection as such: whom it comes from, what every answer carries, and how it is closed."""

from __future__ import annotations

import asyncio
import socket
import struct
from time import monotonic
from typing import TYPE_CHECKING, cast

from gateway.errors import Fault
from gateway.http.upgrade import NEEDS_VERSION
from gateway.monitoring.tally_layout import HIT_BODY_TIMEOUT
from gateway.proxy.observe import problem
from gateway.proxy.peers import plain_address
from gateway.proxy.tls import peer_identity

if TYPE_CHECKING:
    from gateway.proxy.context import Context

_RESET = struct.pack("ii", 1, 0)
NEEDS_KEY = b'www-authenticate: Bearer realm="gateway"\r\n'
"""The line that belongs into an answer 401."""
LINGER = 2.0
"""Seconds in which a client that is still sending may read why nobody listens any more."""


class Client:
    """One client; `writable` says whether it takes more of its answer.

    `stamp` are header lines for every answer, `forwarded` those for every request.
    """

    __slots__ = (
        "_body_since",
        "_ended",
        "_linger_until",
        "_paused",
        "_stalled_since",
        "_stalled_with",
        "context",
        "forwarded",
        "idle_since",
        "keep_alive",
        "peer",
        "secure",
        "stamp",
        "transport",
        "writable",
    )

    def __init__(self, context: Context) -> None:
        self.context = context
        self.keep_alive = self.writable = True
        self.peer = self.stamp = self.forwarded = b""
        self.secure = self._paused = self._ended = False
        self._body_since = self._linger_until = 0.0
        self._stalled_since, self._stalled_with = 0.0, 0
        self.idle_since = monotonic()
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)

    def _introduce(self, transport: asyncio.BaseTransport, version: bytes) -> str:
        """Learn who is there; return the protocol that was agreed upon over TLS, if any."""
        self.transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.peer = plain_address(peer[0]) if peer else b""
        secured = transport.get_extra_info("ssl_object")
        scheme = b"http" if secured is None else b"https"
        lines = b"x-forwarded-for: %b\r\nx-forwarded-proto: %b\r\nvia: %b gateway\r\n" % (
            self.peer,
            scheme,
            version,
        )
        self.forwarded = lines
        if secured is None:
            return ""
        self.secure = True
        self.stamp = secured.context.hsts
        identity = peer_identity(secured)
        if identity:
            self.forwarded = lines + b"x-forwarded-client-cert: %b\r\n" % identity
        return secured.selected_alpn_protocol() or ""

    def answer_problem(self, fault: Fault, request_id: bytes, *, with_body: bool = True) -> None:
        """Answer in the gateway's own name."""
        close = not self.keep_alive
        extra = self.stamp
        if fault.status == 426:
            extra += NEEDS_VERSION
        elif fault.status == 401:
            extra += NEEDS_KEY
        out = problem(fault, request_id, close=close, with_body=with_body, extra=extra)
        self.context.outbox.write(self.transport, out)

    def is_busy(self) -> bool:
        """Tell whether an answer is not wholly sent yet."""
        return self.transport.get_write_buffer_size() > 0

    def evict(self) -> None:
        """Close an idle connection to make room for another."""
        self._ended = True
        self.context.outbox.flush()
        self.transport.close()

    def _close_after(self, complete: bool) -> None:
        """Close once everything is written; let a client that is still sending read first."""
        self._ended = True
        self.idle_since = monotonic()
        self.context.outbox.flush()
        if complete or self.transport.is_closing():
            self.transport.close()
        elif not self._linger_until:
            self._linger_until = monotonic() + LINGER
            self.read_more(True)
            if self.transport.can_write_eof():
                self.transport.write_eof()

    def _reset(self) -> None:
        self._ended = True
        # Closed with a reset: an answer without a length would else look whole.
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def read_more(self, more: bool) -> None:
        """Go on reading from the client, or stop."""
        if more == self._paused and not self.transport.is_closing():
            self._paused = not more
            if more:
                self._body_since = self.context.now
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    def _check_stalled(self, now: float, within: float) -> None:
        """Give up on a client that takes nothing more of its answer."""
        size = self.transport.get_write_buffer_size()
        if not self._stalled_since or size != self._stalled_with:
            self._stalled_since, self._stalled_with = now, size
        elif now - self._stalled_since > within:
            self.context.tally.hit(HIT_BODY_TIMEOUT)
            self.transport.abort()
