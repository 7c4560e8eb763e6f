"""Leaving HTTP: which requests validly ask for another protocol, and whether a 101 grants just that.

After a 101 the gateway reads nothing any more, so both sides must mean the same thing by it. A client that
makes a service answer 101 by a request that asked for nothing, or a gateway that believes a 101 that grants
nothing, ends with one side still speaking HTTP: its requests would then pass unseen.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping

from gateway.http.headers import Shape
from gateway.http.strict import Refused, RequestLine

WEBSOCKET = b"websocket"
VERSION = b"13"
NEEDS_VERSION = b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: " + VERSION + b"\r\n"
"""The lines that belong into an answer 426."""
NOT_TUNNELLED = frozenset((b"h2c", b"h2", b"http", b"tls"))
"""Protocols that carry further HTTP requests, which would then be routed by nobody."""

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PROTOCOL = re.compile(rb"(%b)(?:/%b)?" % (_TOKEN, _TOKEN))
_KEY = re.compile(rb"[A-Za-z0-9+/]{21}[AQgw]==")  # 16 bytes: four bits of the last digit are unused
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def wanted(line: RequestLine, fields: Mapping[bytes, bytes], shape: Shape) -> bytes:
    """Return the protocol, in lower case, that a request asks to switch to; nothing where it asks for none.

    Raises Refused: 400 where it asks in a broken way, 426 for another version of WebSocket. Fields that come
    twice must have been refused before.
    """
    written = shape.upgrade
    if written is None or not _nominated(fields, shape.connection):
        return b""
    _no_body(fields, shape)
    offers = [offer.strip(b" \t").lower() for offer in fields[written].split(b",")]
    matches = [_PROTOCOL.fullmatch(offer) for offer in offers]
    if None in matches:
        raise Refused(400, "Upgrade must name protocols, each a token with an optional version")
    name = matches[0][1] if matches[0] else b""
    if len(offers) > 1 or name in NOT_TUNNELLED or not line.is_http11:
        return b""
    if offers[0] == WEBSOCKET:
        _websocket(line, fields, shape)
    return offers[0]


def _nominated(fields: Mapping[bytes, bytes], connection: bytes | None) -> bool:
    if connection is None:
        return False
    return any(option.strip(b" \t").lower() == b"upgrade" for option in fields[connection].split(b","))


def _no_body(fields: Mapping[bytes, bytes], shape: Shape) -> None:
    if shape.coding is not None or (shape.length is not None and fields[shape.length] != b"0"):
        raise Refused(400, "a request that asks for an upgrade may not have a body")


def _websocket(line: RequestLine, fields: Mapping[bytes, bytes], shape: Shape) -> None:
    if line.method != b"GET":
        raise Refused(400, "a WebSocket is asked for with GET")
    version = shape.spelled.get(b"sec-websocket-version")
    if version is None or fields[version] != VERSION:
        raise Refused(426, "Sec-WebSocket-Version must be 13")
    key = shape.websocket_key
    if key is None or not _KEY.fullmatch(fields[key]):
        raise Refused(400, "Sec-WebSocket-Key must be 16 bytes in base64")


def accept_of(key: bytes) -> bytes:
    """Return the Sec-WebSocket-Accept that proves that a service read this key as a WebSocket's."""
    return b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())


def answer_agrees(protocol: bytes, key: bytes, fields: Mapping[bytes, bytes]) -> None:
    """Refuse a 101 that does not grant just what was asked for. Its fields must not come twice."""
    options = _only(fields, b"connection").lower().split(b",")
    if b"upgrade" not in [option.strip(b" \t") for option in options]:
        raise Refused(502, "it switches protocols without Connection: upgrade")
    if _only(fields, b"upgrade").lower() != protocol:
        raise Refused(502, "it switches to another protocol than was asked for")
    if protocol == WEBSOCKET and _only(fields, b"sec-websocket-accept") != accept_of(key):
        raise Refused(502, "its Sec-WebSocket-Accept does not fit the request's key")


def _only(fields: Mapping[bytes, bytes], name: bytes) -> bytes:
    values = [value for written, value in fields.items() if written.lower() == name]
    if len(values) > 1:
        raise Refused(502, f"it switches protocols and has {name.decode()} more than once")
    return values[0] if values else b""
