"""Heads of answers: where the body ends, what of an interim answer passes, which 101 is one."""

from __future__ import annotations

import pytest

from gateway.http.answer import framing_of, interim_head, switch_head
from gateway.http.headers import ANSWER_KNOWN, ANSWER_REMOVED, FieldKinds, Shape, Shapes
from gateway.http.message import CHUNKED, UNTIL_CLOSE, AnswerReader
from gateway.http.strict import Refused

OK = b"HTTP/1.1 200 OK\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: Tcp\r\n"
GRANTED = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: tcp\r\n\r\n"


def read(head: bytes) -> tuple[dict[bytes, bytes], Shape]:
    """Return the fields and the shape of a head."""
    reader = AnswerReader()
    reader.read_head(head)
    return reader.fields, Shapes(FieldKinds(ANSWER_REMOVED, ANSWER_KNOWN)).of(reader.fields)


@pytest.mark.parametrize(
    ("lines", "framing"),
    [
        (b"Content-Length: 5\r\n", 5),
        (b"Transfer-Encoding: Chunked\r\n", CHUNKED),
        (b"", UNTIL_CLOSE),
        (b"A: 1\r\nA: 2\r\nUpgrade: h2\r\nUpgrade: tcp\r\nContent-Length: 5\r\n", 5),
    ],
)
def test_where_the_body_ends(lines: bytes, framing: int) -> None:
    """By its length, its chunks or its connection; other fields may come more than once."""
    head = OK + lines + b"\r\n"
    assert framing_of(head, *read(head)) == framing


@pytest.mark.parametrize(
    "head",
    [
        OK + b"Content-Type: a\r\nContent-Type: b\r\nContent-Length: 5\r\n\r\n",
        OK + b"Transfer-Encoding: gzip\r\n\r\n",
        OK.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n",
        OK + b"Content-Length: 05\r\n\r\n",
    ],
)
def test_where_nobody_could_tell(head: bytes) -> None:
    """Such an answer is the service's fault."""
    with pytest.raises(Refused):
        framing_of(head, *read(head))


def test_an_interim_answer_keeps_what_hints() -> None:
    """It loses what frames a body and what is meant for the gateway alone."""
    head = b"HTTP/1.1 103 Hints\r\nLink: a\r\nContent-Length: 9\r\nConnection: x\r\nX: 1\r\n\r\n"
    assert interim_head(head, *read(head)) == b"HTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"


def test_a_101_is_passed_on_with_the_gateways_own_words() -> None:
    """What the service says to its neighbour ends here; the client hears the same from the gateway."""
    head = SWITCH + b"Keep-Alive: 5\r\nX: 1\r\nContent-Length: 0\r\n\r\n"
    granted = GRANTED.replace(b"connection", b"X: 1\r\nconnection")
    assert switch_head(head, *read(head), b"tcp", b"") == granted


def test_a_101_without_a_reason() -> None:
    """The space before it is not optional."""
    head = SWITCH.replace(b" Switching Protocols", b"") + b"\r\n"
    assert switch_head(head, *read(head), b"tcp", b"") == GRANTED.replace(b"Switching Protocols", b"")


@pytest.mark.parametrize(
    "head",
    [
        SWITCH + b"Content-Length: 5\r\n\r\n",
        SWITCH + b"Transfer-Encoding: chunked\r\n\r\n",
        SWITCH + b"Upgrade: websocket\r\n\r\n",
        SWITCH + b"Connection: close\r\n\r\n",
        SWITCH + b"Sec-WebSocket-Accept: a\r\nSec-WebSocket-Accept: b\r\n\r\n",
        SWITCH.replace(b"1.1", b"1.0") + b"\r\n",
        SWITCH.replace(b"Tcp", b"udp") + b"\r\n",
    ],
)
def test_a_101_that_is_none(head: bytes) -> None:
    """A body, a field that comes twice, an old version or another protocol: nobody switches."""
    with pytest.raises(Refused) as refused:
        switch_head(head, *read(head), b"tcp", b"")
    assert refused.value.status == 502
