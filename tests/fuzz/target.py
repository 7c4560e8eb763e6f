"""What must hold for any bytes cut anywhere; the fuzzer and an ordinary test both ask it.

`read` does with bytes what a client's connection does, without sockets: it is the reader, the checks of the
request line and of the fields, and the framing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

from gateway.http.framing import LAST_CHUNK, chunk
from gateway.http.header_lines import no_tabs, repeated
from gateway.http.headers import ONLY_ONCE, REQUEST_KNOWN, REQUEST_REMOVED, FieldKinds, Shape, Shapes
from gateway.http.host import host
from gateway.http.message import CHUNKED, END_OF_HEAD, RequestReader
from gateway.http.strict import (
    MAX_HEAD,
    Refused,
    RequestLine,
    content_length,
    partial_head,
    request_line,
    transfer_encoding,
)

KINDS = FieldKinds(REQUEST_REMOVED, REQUEST_KNOWN)
MOST_PIECES = 8


@dataclass
class Message:
    """One request that was accepted; `whole` once its end came."""

    line: RequestLine
    head: bytes
    chunked: bool
    body: bytes = b""
    raw: bytes = b""
    whole: bool = False


@dataclass
class Result:
    """What was accepted, in order, and whether the rest was refused."""

    messages: list[Message]
    refused: bool = False


def check(data: bytes) -> None:
    """Assert what must hold for these bytes; the first two say where they are cut."""
    seed, stream = int.from_bytes(data[:2], "big"), data[2:]
    whole = read([stream])
    same_as(read(pieces(stream, seed)), whole)
    end = sum(len(message.raw) for message in whole.messages if message.whole)
    assert end <= len(stream), "more was read than there is"
    for message in whole.messages:
        if message.whole:
            alone(message)


def same_as(found: Result, expected: Result) -> None:
    """Assert that two readings of one stream accept the same; a body may be refused earlier or later."""
    complete = [(m.line, m.head, m.body) for m in found.messages if m.whole]
    assert complete == [(m.line, m.head, m.body) for m in expected.messages if m.whole], "a cut changed it"
    assert found.refused == expected.refused, "a cut changed the verdict"


def alone(message: Message) -> None:
    """Assert that a message is the same by itself, and rebuilt as a service would get it."""
    body = message.body
    if message.chunked:
        body = (chunk(body) if body else b"") + LAST_CHUNK
    for raw in (message.raw, message.head + body):
        (again,) = read([raw]).messages
        assert (again.line, again.head, again.body, again.whole, again.raw) == (
            *(message.line, message.head, message.body, True, raw),
        ), "it reads otherwise by itself"


def pieces(stream: bytes, seed: int) -> list[bytes]:
    """Cut a stream at places that depend on the seed."""
    draw = random.Random(seed)
    places = {draw.randrange(len(stream) + 1) for _ in range(draw.randrange(MOST_PIECES))}
    return [stream[a:b] for a, b in pairwise(sorted(places | {0, len(stream)}))]


def read(parts: list[bytes]) -> Result:
    """Read requests from pieces until they end or one is refused."""
    reader, result, waiting = RequestReader(), Result([]), b""
    try:
        for part in parts:
            waiting = _read_on(reader, result, waiting + part)
    except Refused:
        result.refused = True
    return result


def _read_on(reader: RequestReader, result: Result, data: bytes) -> bytes:
    while data:
        if not result.messages or result.messages[-1].whole:
            end = data.find(END_OF_HEAD)
            if end < 0 or end > MAX_HEAD:
                partial_head(data)
                return data
            if data[:2] == b"\r\n":
                data = data[2:]
                if data[:2] == b"\r\n":
                    raise Refused(400, "there is more than one empty line before the request")
                continue
            head, data = data[: end + 4], data[end + 4 :]
            result.messages.append(_head(reader, head))
        message = result.messages[-1]
        data = _body(reader, message, data)
        if not message.whole:
            return b""
    return b""


def _body(reader: RequestReader, message: Message, data: bytes) -> bytes:
    rest = data
    if not reader.complete and data:
        rest = reader.read_body(data)
        assert data.endswith(rest), "bytes were changed"
    message.raw += data[: len(data) - len(rest)]
    message.body += reader.take()
    message.whole = reader.complete
    assert message.whole or not rest, "bytes were left in the middle of a message"
    return rest


def _head(reader: RequestReader, head: bytes) -> Message:
    line = request_line(head[: head.index(b"\r\n")])
    reader.read_head(head)
    no_tabs(head)
    shape = Shapes(KINDS).of(reader.fields)
    if any(name in ONLY_ONCE or name == b"connection" for name in repeated(head)):
        raise Refused(400, "a header comes more than once")
    host(reader.fields[shape.host] if shape.host else None, line)
    return Message(line, head, _frame(reader, line, shape), raw=head)


def _frame(reader: RequestReader, line: RequestLine, shape: Shape) -> bool:
    size = content_length(reader.fields[shape.length]) if shape.length else 0
    if shape.coding:
        transfer_encoding(reader.fields[shape.coding], line, has_length=shape.length is not None)
        reader.expect(CHUNKED)
    elif size:
        reader.expect(size)
    if reader.upgrades and (size or shape.coding):
        raise Refused(400, "a request that asks for an upgrade may not have a body")
    return shape.coding is not None
