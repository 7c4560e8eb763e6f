"""`python -m benchmarks.raw_upstream PORT`: the service behind the rows in which much is sent, or for long.

It reads no more of HTTP than it must, so that it does not slow the proxies down: it takes whole bodies,
answers with many bytes at once or in pieces as they come, and echoes what comes through a WebSocket. nginx,
which answers in the other rows, would answer before it has read a body, and has no way to do the rest.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
import sys
from collections.abc import Callable
from functools import cache
from typing import cast

import uvloop

UPLOAD, DOWNLOAD, STREAM, ECHO = "/raw/upload", "/raw/download", "/raw/stream", "/raw/echo"
MIB = 1024 * 1024
PIECES, PIECE = 10, 10 * 1024  # a streamed answer: 100 KiB
MESSAGE = 16  # bytes in a message through a WebSocket
ASKED = b"\x82" + bytes((0x80 | MESSAGE,)) + b"mask" + bytes(MESSAGE)
ECHOED = b"\x82" + bytes((MESSAGE,)) + bytes(byte ^ b"mask"[i % 4] for i, byte in enumerate(bytes(MESSAGE)))
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n"
_SHORT = _OK + b"content-length: 2\r\n\r\nok"
_STREAM_HEAD = _OK + b"transfer-encoding: chunked\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


@cache
def text() -> bytes:
    """Return 1 MiB of what models answer with: numbers in JSON."""
    rng = random.Random(7)
    return json.dumps([rng.random() for _ in range(60_000)]).encode()[:MIB]


@cache
def large() -> bytes:
    """Return the answer of 1 MiB."""
    return _OK + b"content-length: %d\r\n\r\n" % MIB + text()


@cache
def piece() -> bytes:
    """Return one chunk of a streamed answer."""
    return b"%x\r\n" % PIECE + text()[:PIECE] + b"\r\n"


class Answering(asyncio.Protocol):
    """One connection of a proxy, which asks one thing at a time."""

    def __init__(self) -> None:
        self._read: Callable[[bytes], None] = self._request
        self._seen = b""
        self._missing = 0
        self._pieces = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        self._wire = cast(asyncio.Transport, transport)
        self._call_soon = asyncio.get_running_loop().call_soon

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol."""
        self._read(data)

    def _request(self, data: bytes) -> None:
        self._seen += data
        end = self._seen.find(b"\r\n\r\n")
        if end < 0:
            return
        head, rest = self._seen[:end].lower(), self._seen[end + 4 :]
        self._seen = b""
        path = head.split(b" ", 2)[1].decode()
        if path == ECHO and b"\r\nsec-websocket-key: " in head:
            self._switch(data)
        elif path == DOWNLOAD:
            self._wire.write(large())
        elif path == STREAM:
            self._pieces = PIECES
            self._wire.write(_STREAM_HEAD)
            self._stream()
        else:
            self._missing = int(field(head, b"content-length") or 0)
            self._read = self._body
            self._body(rest)

    def _body(self, data: bytes) -> None:
        self._missing -= len(data)
        if self._missing <= 0:
            self._read = self._request
            self._wire.write(_SHORT)

    def _stream(self) -> None:
        """Send one piece, and the next one in the next turn of the loop: they come one by one."""
        if self._wire.is_closing():
            return
        if not self._pieces:
            self._wire.write(_LAST_CHUNK)
            return
        self._pieces -= 1
        self._wire.write(piece())
        self._call_soon(self._stream)

    def _switch(self, request: bytes) -> None:
        start = request.lower().index(b"\r\nsec-websocket-key: ") + 21
        key = request[start : request.index(b"\r\n", start)]
        accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
        lines = b"upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: " + accept
        self._wire.write(b"HTTP/1.1 101 Switching Protocols\r\n" + lines + b"\r\n\r\n")
        self._read = self._echo

    def _echo(self, data: bytes) -> None:
        # Every message is the same, so its echo is known: nothing need be unmasked.
        self._missing += len(data)
        whole, self._missing = divmod(self._missing, len(ASKED))
        if whole:
            self._wire.write(ECHOED * whole)


def field(head: bytes, name: bytes) -> bytes:
    """Return the value of a field of a head in lower case, b"" without it."""
    _, mark, rest = head.partition(b"\r\n" + name + b": ")
    return rest.partition(b"\r\n")[0] if mark else b""


async def serve(port: int) -> None:
    """Answer on 127.0.0.1:`port` until cancelled."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
