"""A connection to a service: sends one request at a time and hands on its answer as it comes.

Answers are held to the same rules as requests. A connection is used again only after an answer that ended
where it said it would, with not one byte more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from gateway.http.framing import has_no_body
from gateway.http.headers import ONLY_ONCE, Shape, Shapes, passing, repeated, without
from gateway.http.message import CHUNKED, END_OF_HEAD, UNTIL_CLOSE, AnswerReader
from gateway.http.strict import MAX_HEAD, Refused, content_length, status_line
from gateway.proxy.outbox import Outbox

if TYPE_CHECKING:
    from gateway.proxy.pool import Endpoint

MAX_ANSWER_HEAD = 2 * MAX_HEAD
MAX_INTERIM = 32
"""Interim answers to one request: hints and progress, not a way to keep somebody busy."""


class Answer(NamedTuple):
    """The head of an answer; `framing` is its length or one of `message`'s marks."""

    head: bytes
    status: int
    framing: int
    fields: dict[bytes, bytes]
    shape: Shape


class Answered(Protocol):
    """Who asked: told of the answer piece by piece, then of its end or its failure."""

    method: bytes

    def interim(self, head: bytes) -> None:
        """A 1xx head came; the answer proper is still to come."""

    def answer(self, answer: Answer, body: bytes, complete: bool) -> None:
        """The head came, with what there is of the body."""

    def answer_body(self, body: bytes, complete: bool) -> None:
        """More of the body came."""

    def answer_failed(self, why: str) -> None:
        """The connection ended or broke the rules before the answer was whole."""

    def upstream_writable(self, writable: bool) -> None:
        """The service takes more of the request's body, or cannot for now."""


class UpstreamConnection:
    """One connection; `exchange` is whose answer is awaited, None while the connection is idle."""

    __slots__ = (
        "_blocked",
        "_buffer",
        "_framing",
        "_in_body",
        "_interims",
        "_outbox",
        "_reader",
        "_shapes",
        "_used",
        "endpoint",
        "exchange",
        "idle_since",
        "lost",
        "reused",
        "transport",
    )

    def __init__(self, endpoint: Endpoint, outbox: Outbox, shapes: Shapes) -> None:
        self.endpoint = endpoint
        self._outbox = outbox
        self._shapes = shapes
        self.exchange: Answered | None = None
        self._reader = AnswerReader()
        self._buffer = b""
        self._in_body = False
        self._framing = self._interims = 0
        self.idle_since = 0.0
        self.reused = self._used = self._blocked = False
        self.lost = False
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self.lost = True
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            self._leave_idle()
        elif self._in_body and self._framing == UNTIL_CLOSE and exc is None:
            exchange.answer_body(b"", True)
        else:
            self.reused = self.reused and not self._buffer  # half a head is not silence
            exchange.answer_failed(f"the connection was lost{f': {exc}' if exc else ''}")
        self._reader.close()

    def eof_received(self) -> bool:
        """Part of asyncio.Protocol."""
        if self.exchange is None:
            self._leave_idle()
        return False

    def _leave_idle(self) -> None:
        if self in self.endpoint.idle:
            self.endpoint.idle.remove(self)

    def pause_writing(self) -> None:
        """Part of asyncio.Protocol."""
        self._blocked = True
        if self.exchange is not None:
            self.exchange.upstream_writable(False)

    def resume_writing(self) -> None:
        """Part of asyncio.Protocol."""
        self._blocked = False
        if self.exchange is not None:
            self.exchange.upstream_writable(True)

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        if self.exchange is None:
            self._leave_idle()
            self.transport.abort()  # bytes nobody asked for: whose answer would they be?
            return
        try:
            if self._in_body:
                self._read_body(data)
            else:
                self._read_heads(self._buffer + data if self._buffer else data)
        except Refused as refused:
            self._fail(f"the answer breaks HTTP/1.1: {refused.detail}")

    def _read_heads(self, data: bytes) -> None:
        while self.exchange is not None:
            end = data.find(END_OF_HEAD)
            if end < 0:
                if len(data) > MAX_ANSWER_HEAD:
                    raise Refused(502, f"its head is longer than {MAX_ANSWER_HEAD} bytes")
                self._buffer = data
                return
            if end > MAX_ANSWER_HEAD:
                raise Refused(502, f"its head is longer than {MAX_ANSWER_HEAD} bytes")
            status_line(data[: data.index(b"\r\n")])
            head, data = data[: end + 4], data[end + 4 :]
            self._buffer = b""
            self._reader.read_head(head)
            status = self._reader.status()
            if status >= 200:
                self._read_answer(self.exchange, head, status, data)
                return
            if self._reader.upgrades or status == 101:
                raise Refused(502, "it switches protocols, which nobody asked for")
            if status < 100 or not self._reader.complete:
                raise Refused(502, "its interim answer has a body or no status")
            self._interims += 1
            if self._interims > MAX_INTERIM:
                raise Refused(502, f"more than {MAX_INTERIM} interim answers came before it")
            self.reused = False
            self.exchange.interim(self._interim(head))
            if not data:
                return

    def _interim(self, head: bytes) -> bytes:
        line_end = head.index(b"\r\n")
        shape = self._shapes.of(self._reader.fields)
        block = passing(head[line_end:-2], shape, self._reader.fields)
        if shape.length is not None:
            block = without(block, shape.length)
        return b"HTTP/1.1%b%b\r\n" % (head[8:line_end], block)

    def _read_answer(self, exchange: Answered, head: bytes, status: int, rest: bytes) -> None:
        reader = self._reader
        shape = self._shapes.of(reader.fields)
        self._framing = self._framing_of(head, shape)
        if has_no_body(exchange.method, status):
            self._framing = 0
            reader.skip_body()
        else:
            reader.expect(self._framing)
            if rest:
                rest = reader.read_body(rest)
        answer = Answer(head, status, self._framing, reader.fields, shape)
        if reader.complete:
            self._complete(exchange, rest)
            exchange.answer(answer, reader.take(), True)
        else:
            self._in_body = True
            exchange.answer(answer, reader.take(), False)

    def _framing_of(self, head: bytes, shape: Shape) -> int:
        fields = self._reader.fields
        if head.count(b"\n") != len(fields) + 2:
            for name in repeated(head):
                if name in ONLY_ONCE:
                    raise Refused(502, f"it has {name.decode('latin-1')} more than once")
        if shape.coding is None:
            return UNTIL_CLOSE if shape.length is None else content_length(fields[shape.length])
        if shape.length is not None or fields[shape.coding].lower() != b"chunked":
            raise Refused(502, "its length is given twice or in an unknown way")
        if head[7:8] == b"0":
            raise Refused(502, "it is HTTP/1.0, which has no transfer encodings")
        return CHUNKED

    def _read_body(self, data: bytes) -> None:
        exchange = cast(Answered, self.exchange)
        reader = self._reader
        rest = reader.read_body(data)
        if reader.complete:
            self._in_body = False
            self._complete(exchange, rest)
            exchange.answer_body(reader.take(), True)
        elif reader.parts:
            exchange.answer_body(reader.take(), False)

    def _complete(self, exchange: Answered, rest: bytes) -> None:
        """The answer is whole: note whether the connection is fit for another."""
        self._in_body = False
        if rest or not self._reader.keeps_alive or self._framing == UNTIL_CLOSE:
            self.exchange = None
            self.transport.close()
            self.lost = True

    def send(self, exchange: Answered, data: bytes) -> None:
        """Send a request, or the beginning of one, on an idle connection."""
        self.exchange = exchange
        self.reused, self._used = self._used, True
        self._in_body = False
        self._interims = 0
        self._buffer = b""
        self._outbox.write(self.transport, data)

    def write(self, data: bytes) -> None:
        """Send more of the request."""
        self._outbox.write_part(self.transport, data)

    def finish(self, *, reusable: bool) -> None:
        """End the exchange; the connection goes back to its replica's idle ones if it is fit for that."""
        self.exchange = None
        if reusable and not self.lost and not self._blocked and not self.endpoint.backend.closed:
            self.endpoint.release(self)
        elif not self.lost:
            self.transport.abort()

    def close(self) -> None:
        """Close an idle connection."""
        self.exchange = None
        self.transport.close()

    def _fail(self, why: str) -> None:
        exchange, self.exchange = self.exchange, None
        self.transport.abort()
        self.lost = True
        self.reused = False  # it did answer, if badly
        if exchange is not None:
            exchange.answer_failed(why)
