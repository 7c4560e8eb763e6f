"""Doubles of what connections stand between: who asks, a transport to nowhere, a loop whose time is set."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

from gateway.http.headers import ANSWER_KNOWN, ANSWER_REMOVED, FieldKinds, Shapes
from gateway.proxy.answered import Answer
from gateway.proxy.backend import Backend
from gateway.proxy.connector import Shared
from gateway.proxy.outbox import Outbox
from gateway.proxy.upstream import UpstreamConnection
from gateway.routing.places import Places
from gateway.routing.plan import Service


class Wire:
    """A transport that goes nowhere; `unsent` is what it says about its buffer."""

    def __init__(self, half_closes: bool = True) -> None:
        self.half_closes = half_closes
        self.pieces: list[bytes] = []
        self.unsent = 0
        self.reading, self.at_eof, self.closed, self.aborted = True, False, False, False

    @property
    def sent(self) -> bytes:
        """All that was written."""
        return b"".join(self.pieces)

    def write(self, data: bytes) -> None:
        """Part of asyncio.Transport."""
        assert not self.at_eof
        self.pieces.append(data)

    def can_write_eof(self) -> bool:
        """Part of asyncio.Transport."""
        return self.half_closes

    def write_eof(self) -> None:
        """Part of asyncio.Transport."""
        self.at_eof = True

    def pause_reading(self) -> None:
        """Part of asyncio.Transport."""
        self.reading = False

    def resume_reading(self) -> None:
        """Part of asyncio.Transport."""
        self.reading = True

    def get_write_buffer_size(self) -> int:
        """Part of asyncio.Transport."""
        return self.unsent

    def is_closing(self) -> bool:
        """Part of asyncio.Transport."""
        return self.closed

    def close(self) -> None:
        """Part of asyncio.Transport."""
        self.closed = True

    def abort(self) -> None:
        """Part of asyncio.Transport."""
        self.aborted = self.closed = True


class Clock:
    """An event loop whose time and turns are the test's: nothing is called before it is flushed."""

    now = 100.0

    def time(self) -> float:
        """Part of asyncio.AbstractEventLoop."""
        return self.now

    def call_soon(self, *_: object) -> None:
        """Part of asyncio.AbstractEventLoop."""


def loop_of(clock: Clock) -> asyncio.AbstractEventLoop:
    """Return a clock as the loop it stands for."""
    return cast(asyncio.AbstractEventLoop, clock)


def transport_of(wire: Wire) -> asyncio.Transport:
    """Return a wire as the transport it stands for."""
    return cast(asyncio.Transport, wire)


def connection_over(wire: Wire, clock: Clock) -> UpstreamConnection:
    """Return a connection to a service's only replica."""
    outbox, shapes = Outbox(loop_of(clock)), Shapes(FieldKinds(ANSWER_REMOVED, ANSWER_KNOWN))
    shared = Shared(loop_of(clock), outbox, shapes)
    backend = Backend(Service("blue", urls=("http://10.0.0.1:80",)), Places(Path("unused")), shared, None)
    connection = UpstreamConnection(backend.endpoints[0], outbox, shapes)
    connection.connection_made(transport_of(wire))
    return connection


class Asker:
    """Who sends a request: keeps what it is told of the answer, and in `calls` in which order."""

    method = b"GET"

    def __init__(self) -> None:
        self.calls = ""
        self.heads: list[bytes] = []
        self.told: list[Answer] = []
        self.body, self.complete, self.why = b"", False, ""

    def interim(self, head: bytes) -> None:
        """Part of Answered."""
        self.calls += "i"
        self.heads.append(head)

    def answer(self, answer: Answer, body: bytes, complete: bool) -> None:
        """Part of Answered."""
        self.calls += "A" if complete else "a"
        self.told.append(answer)
        self.body, self.complete = body, complete

    def answer_body(self, body: bytes, complete: bool) -> None:
        """Part of Answered."""
        self.calls += "B" if complete else "b"
        self.body += body
        self.complete = complete

    def switched(self, head: bytes, rest: bytes) -> None:
        """Part of Answered: takes no tunnel."""
        self.calls += "s"
        self.heads.append(head)

    def answer_failed(self, why: str) -> None:
        """Part of Answered."""
        self.calls += "f"
        self.why = why

    def upstream_writable(self, writable: bool) -> None:
        """Part of Answered."""
