"""Only a valid request leaves HTTP, and only a 101 that grants just what was asked for is believed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.utils import accept_key

from gateway.http.headers import REQUEST_KNOWN, REQUEST_REMOVED, FieldKinds, Shapes
from gateway.http.strict import Refused, RequestLine, request_line
from gateway.http.upgrade import accept_of, answer_agrees, wanted

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
LINE = request_line(b"GET /chat HTTP/1.1")
REQUEST = {
    b"Host": b"x",
    b"Connection": b"Upgrade",
    b"Upgrade": b"websocket",
    b"Sec-WebSocket-Key": KEY,
    b"Sec-WebSocket-Version": b"13",
}
ANSWER = {b"Connection": b"Upgrade", b"Upgrade": b"websocket", b"Sec-WebSocket-Accept": ACCEPT}


def ask(changes: dict[bytes, bytes | None], line: RequestLine = LINE) -> bytes:
    """Return what a WebSocket's request wants, once these fields are changed or removed."""
    fields = {name: value for name, value in (REQUEST | changes).items() if value is not None}
    return wanted(line, fields, Shapes(FieldKinds(REQUEST_REMOVED, REQUEST_KNOWN)).of(fields))


@pytest.mark.parametrize(
    ("changes", "protocol"),
    [
        ({}, b"websocket"),
        ({b"Upgrade": b"WebSocket"}, b"websocket"),
        ({b"Connection": b"keep-alive, Upgrade"}, b"websocket"),
        ({b"Connection": b"keep-alive ,\tUPGRADE , x"}, b"websocket"),
        ({b"Content-Length": b"0"}, b"websocket"),
        ({b"Upgrade": b"tcp"}, b"tcp"),
        ({b"Upgrade": b"Proto/1.2"}, b"proto/1.2"),
        ({b"Upgrade": b"tcp", b"Sec-WebSocket-Key": None, b"Sec-WebSocket-Version": None}, b"tcp"),
    ],
)
def test_a_valid_wish(changes: dict[bytes, bytes | None], protocol: bytes) -> None:
    """The protocol comes in lower case; only WebSocket needs fields of its own."""
    assert ask(changes) == protocol


@pytest.mark.parametrize(
    "changes",
    [
        {b"Connection": None},
        {b"Connection": b"keep-alive"},
        {b"Connection": b"upgrades"},
        {b"Upgrade": None},
        {b"Upgrade": b"websocket, tcp"},
        {b"Upgrade": b"h2c"},
        {b"Upgrade": b"H2C"},
        {b"Upgrade": b"h2"},
        {b"Upgrade": b"HTTP/2.0"},
        {b"Upgrade": b"TLS/1.0"},
    ],
)
def test_no_wish_or_one_that_is_passed_over(changes: dict[bytes, bytes | None]) -> None:
    """It stays a plain request: not nominated, a choice of several, or a way past the gateway's rules."""
    assert ask(changes) == b""


def test_http10_cannot_switch() -> None:
    """RFC 9110, 7.8: its Upgrade is ignored."""
    assert ask({}, request_line(b"GET / HTTP/1.0")) == b""


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({b"Content-Length": b"5"}, 400),
        ({b"Transfer-Encoding": b"chunked"}, 400),
        ({b"Upgrade": b"h2c", b"Content-Length": b"5"}, 400),
        ({b"Upgrade": b""}, 400),
        ({b"Upgrade": b"websocket,"}, 400),
        ({b"Upgrade": b"web socket"}, 400),
        ({b"Upgrade": b"websocket/"}, 400),
        ({b"Upgrade": b"websocket/13/1"}, 400),
        ({b"Upgrade": b"\xe9"}, 400),
        ({b"Sec-WebSocket-Version": None}, 426),
        ({b"Sec-WebSocket-Version": b"8"}, 426),
        ({b"Sec-WebSocket-Version": b"13, 8"}, 426),
        ({b"Sec-WebSocket-Version": b"013"}, 426),
        ({b"Sec-WebSocket-Key": None}, 400),
        ({b"Sec-WebSocket-Key": b""}, 400),
        ({b"Sec-WebSocket-Key": KEY[:-1]}, 400),
        ({b"Sec-WebSocket-Key": KEY + b"="}, 400),
        ({b"Sec-WebSocket-Key": b"x" * 24}, 400),
        ({b"Sec-WebSocket-Key": KEY[:-3] + b"R=="}, 400),
        ({b"Sec-WebSocket-Key": KEY + b", " + KEY}, 400),
        ({b"sec-websocket-key": KEY}, 400),
    ],
)
def test_a_broken_wish_is_refused(changes: dict[bytes, bytes | None], status: int) -> None:
    """Nobody could tell what the two sides would take it for."""
    with pytest.raises(Refused) as refused:
        ask(changes)
    assert refused.value.status == status


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS"])
def test_a_websocket_is_asked_for_with_get(method: str) -> None:
    """Other protocols may be asked for with any method."""
    line = request_line(f"{method} / HTTP/1.1".encode())
    with pytest.raises(Refused, match="GET"):
        ask({}, line)
    assert ask({b"Upgrade": b"tcp"}, line) == b"tcp"


@given(st.binary(min_size=16, max_size=16))
def test_every_key_is_accepted_and_answered_as_others_do(nonce: bytes) -> None:
    """Any 16 bytes are a key, and its answer is the one that the `websockets` package computes."""
    key = base64.b64encode(nonce)
    assert ask({b"Sec-WebSocket-Key": key}) == b"websocket"
    assert accept_of(key) == accept_key(key.decode()).encode()


@pytest.mark.parametrize(
    "fields",
    [
        ANSWER,
        {name.lower(): value for name, value in ANSWER.items()},
        ANSWER | {b"Connection": b"keep-alive, upgrade", b"Upgrade": b"WebSocket"},
    ],
)
def test_an_answer_that_agrees(fields: dict[bytes, bytes]) -> None:
    """Spelling does not matter, but for the proof. RFC 6455, 1.3 has this very key."""
    answer_agrees(b"websocket", KEY, fields)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {b"Connection": b"close", b"Upgrade": b"websocket", b"Sec-WebSocket-Accept": ACCEPT},
        {b"Upgrade": b"websocket", b"Sec-WebSocket-Accept": ACCEPT},
        {b"Connection": b"upgrade", b"Sec-WebSocket-Accept": ACCEPT},
        {b"Connection": b"upgrade", b"Upgrade": b"websocket"},
        ANSWER | {b"Upgrade": b"tcp"},
        ANSWER | {b"Upgrade": b"websocket, tcp"},
        ANSWER | {b"Sec-WebSocket-Accept": ACCEPT.lower()},
        ANSWER | {b"Sec-WebSocket-Accept": ACCEPT + b" "},
        ANSWER | {b"sec-websocket-accept": ACCEPT},
        ANSWER | {b"upgrade": b"websocket"},
        ANSWER | {b"connection": b"upgrade"},
    ],
)
def test_an_answer_that_does_not_agree(fields: dict[bytes, bytes]) -> None:
    """A 101 that grants something else is the service's fault."""
    with pytest.raises(Refused) as refused:
        answer_agrees(b"websocket", KEY, fields)
    assert refused.value.status == 502


def test_other_protocols_need_no_proof() -> None:
    """They have none, but the protocol itself has to be the one asked for."""
    answer_agrees(b"proto/1", b"", {b"connection": b"upgrade", b"upgrade": b"Proto/1"})
    with pytest.raises(Refused):
        answer_agrees(b"proto/1", b"", {b"connection": b"upgrade", b"upgrade": b"proto"})
