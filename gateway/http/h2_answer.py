"""Answers of HTTP/1.1 as what HTTP/2 makes of them: heads as lists of fields, and bodies without a frame."""

from __future__ import annotations

from gateway.http.framing import has_no_body
from gateway.http.h2_translate import CONNECTION_SPECIFIC
from gateway.http.message import CHUNKED, END_OF_HEAD, AnswerReader

Fields = list[tuple[bytes, bytes]]


class AnswerBytes:
    """Reads the gateway's own bytes, in whatever pieces; `whole` once the answer's end has come."""

    __slots__ = ("_head", "_in_body", "_reader", "body", "whole")

    def __init__(self) -> None:
        self._reader = AnswerReader()
        self._head = b""
        self._in_body = False
        self.body = b""
        self.whole = False

    def read(self, data: bytes, method: bytes) -> list[Fields]:
        """Return the heads that are whole now; `body` is what came of the body with them.

        `method` is the request's. What follows the end is dropped.
        """
        heads: list[Fields] = []
        while not self._in_body:
            data = self._head + data
            end = data.find(END_OF_HEAD)
            if end < 0:
                self._head = data
                return heads
            heads.append(self._read_head(data[: end + 4], method))
            data = data[end + 4 :]
        reader = self._reader
        if data and not self.whole:
            reader.read_body(data)
        self.body = reader.take()
        self.whole = reader.complete
        return heads

    def _read_head(self, head: bytes, method: bytes) -> Fields:
        self._head = b""
        reader = self._reader
        reader.read_head(head)
        status = reader.status()
        fields = answer_fields(head, status)
        if status >= 200:
            self._in_body = True
            if has_no_body(method, status):
                reader.skip_body()
            else:
                reader.expect(_framing(fields))
            self.whole = reader.complete
        return fields

    def close(self) -> None:
        """Let go of the parser."""
        self._reader.close()


def answer_fields(head: bytes, status: int) -> Fields:
    """Return the fields of an answer's head, less those of its connection; names become lower-case."""
    fields = [(b":status", b"%d" % status)]
    for line in head.split(b"\r\n")[1:-2]:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name not in CONNECTION_SPECIFIC:
            fields.append((name, value.strip(b" \t")))
    return fields


def _framing(fields: Fields) -> int:
    """Return how a body ends: to clients of HTTP/1.1 the gateway always says so."""
    for name, value in fields:
        if name == b"content-length":
            return int(value)
    return CHUNKED
