"""Reads answers off a connection to a service, held to the same rules as requests.

A connection is used again only after an answer that ended where it said it would, with not one byte more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from gateway.http.answer import framing_of, interim_head, status_line, switch_head
from gateway.http.framing import has_no_body
from gateway.http.headers import Shapes
from gateway.http.message import END_OF_HEAD, UNTIL_CLOSE, AnswerReader
from gateway.http.strict import MAX_HEAD, Refused
from gateway.proxy.answered import Answer, Answered

if TYPE_CHECKING:
    from gateway.proxy.tunnel import Tunnel

MAX_ANSWER_HEAD = 2 * MAX_HEAD
MAX_INTERIM = 32
"""Interim answers to one request: hints and progress, not a way to keep somebody busy."""


class ReadingAnswers:
    """What comes from a service; `exchange` is whose answer is awaited, None while the connection is idle.

    `tunnel` has the connection for good once it left HTTP. `lost`: it is of no use to another request.
    """

    __slots__ = (
        "_blocked",
        "_buffer",
        "_framing",
        "_in_body",
        "_interims",
        "_key",
        "_reader",
        "_shapes",
        "_upgrade",
        "exchange",
        "lost",
        "transport",
        "tunnel",
    )

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self.exchange: Answered | None = None
        self._reader = AnswerReader()
        self.tunnel: Tunnel | None = None
        self._upgrade = self._key = b""
        self._buffer = bytearray()
        self._in_body = self._blocked = self.lost = False
        self._framing = self._interims = 0
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)

    def _collect(self, data: bytes) -> bytes:
        """Add to the piece of a head that came before; return it all once there is a whole head."""
        buffer = self._buffer
        searched = max(len(buffer) - 3, 0)
        buffer.extend(data)
        end = buffer.find(END_OF_HEAD, searched)
        _check_head(len(buffer) if end < 0 else end)
        if end < 0:
            return b""
        collected = bytes(buffer)
        buffer.clear()
        return collected

    def _read_heads(self, data: bytes) -> None:
        while data and self.exchange is not None:
            end = data.find(END_OF_HEAD)
            _check_head(len(data) if end < 0 else end)
            if end < 0:
                self._buffer.extend(data)
                return
            status_line(data[: data.index(b"\r\n")])
            head, data = data[: end + 4], data[end + 4 :]
            self._reader.read_head(head)
            if self._reader.upgrades:
                self._switch(self.exchange, head, data)
                return
            status = self._reader.status()
            if status >= 200:
                self._read_answer(self.exchange, head, status, data)
                return
            self._read_interim(self.exchange, head, status)

    def _read_interim(self, exchange: Answered, head: bytes, status: int) -> None:
        if status < 100 or not self._reader.complete:
            raise Refused(502, "its interim answer has a body or no status")
        self._interims += 1
        if self._interims > MAX_INTERIM:
            raise Refused(502, f"more than {MAX_INTERIM} interim answers came before it")
        fields = self._reader.fields
        exchange.interim(interim_head(head, fields, self._shapes.of(fields)))

    def _switch(self, exchange: Answered, head: bytes, rest: bytes) -> None:
        if not self._upgrade:
            raise Refused(502, "it switches protocols, which nobody asked for")
        if self._blocked:
            raise Refused(502, "it switches protocols before it has read the request")
        fields = self._reader.fields
        out = switch_head(head, fields, self._shapes.of(fields), self._upgrade, self._key)
        self.exchange = None
        exchange.switched(out, rest)
        if self.tunnel is None and not self.lost:
            self.transport.abort()

    def _read_answer(self, exchange: Answered, head: bytes, status: int, rest: bytes) -> None:
        reader = self._reader
        shape = self._shapes.of(reader.fields)
        self._framing = framing_of(head, reader.fields, shape)
        if has_no_body(exchange.method, status):
            self._framing = 0
            reader.skip_body()
        else:
            reader.expect(self._framing)
            if rest:
                rest = reader.read_body(rest)
        answer = Answer(head, status, self._framing, reader.fields, shape)
        if reader.complete:
            self._complete(rest)
            exchange.answer(answer, reader.take(), True)
        else:
            self._in_body = True
            exchange.answer(answer, reader.take(), False)

    def _read_body(self, data: bytes) -> None:
        exchange = cast(Answered, self.exchange)
        reader = self._reader
        rest = reader.read_body(data)
        if reader.complete:
            self._complete(rest)
            exchange.answer_body(reader.take(), True)
        elif reader.parts:
            exchange.answer_body(reader.take(), False)

    def _complete(self, rest: bytes) -> None:
        """The answer is whole: note whether the connection is fit for another."""
        self._in_body = False
        # A service that was asked to leave HTTP and stayed may yet have left it in part.
        if rest or self._upgrade or not self._reader.keeps_alive or self._framing == UNTIL_CLOSE:
            self.exchange = None
            self.transport.close()
            self.lost = True


def _check_head(length: int) -> None:
    if length > MAX_ANSWER_HEAD:
        raise Refused(502, f"its head is longer than {MAX_ANSWER_HEAD} bytes")
