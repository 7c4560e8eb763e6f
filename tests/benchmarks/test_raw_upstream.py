"""The service behind large bodies, streams and WebSockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from benchmarks import raw_upstream
from benchmarks.raw_upstream import ASKED, ECHO, ECHOED, MIB, Answering, field

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]
HELLO = b"GET /raw/echo HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"


def talked(talk: Talk) -> bytes:
    """Return what a conversation with the upstream came to."""

    async def both() -> bytes:
        server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), limit=MIB)
            try:
                return await asyncio.wait_for(talk(reader, writer), 60)
            finally:
                writer.close()
                await writer.wait_closed()

    return asyncio.run(both())


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read one answer: its head in lower case, and its body as framed."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        return head, await reader.readuntil(b"\r\n0\r\n\r\n")
    return head, await reader.readexactly(int(field(head, b"content-length")))


def test_a_body_is_answered_once_it_is_whole() -> None:
    """What is measured is the whole way of it; the connection is used again."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        got = b""
        for _ in range(2):
            writer.write(b"POST /raw/upload HTTP/1.1\r\ncontent-length: 5\r\n\r\nbo")
            await writer.drain()
            try:
                await asyncio.wait_for(reader.read(1), 0.05)
                raise AssertionError("it answered half a body")
            except TimeoutError:
                writer.write(b"dy!")
            got += (await answer(reader))[1]
        return got

    assert talked(talk) == b"okok"


def test_a_large_answer_is_one_mib_of_json_text() -> None:
    """The unit of its row."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET /raw/download HTTP/1.1\r\nhost: a\r\n\r\n")
        return (await answer(reader))[1]

    body = talked(talk)
    assert len(body) == MIB
    assert len(set(json.loads(body.rpartition(b",")[0] + b"]"))) > 50_000


def test_a_stream_is_ten_chunks_of_100_kib_together() -> None:
    """Whole chunks, then the last one; nothing after it."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET /raw/stream HTTP/1.1\r\nhost: a\r\n\r\n")
        return (await answer(reader))[1]

    rest, sizes = talked(talk), []
    while rest:
        line, _, rest = rest.partition(b"\r\n")
        sizes.append(int(line, 16))
        rest = rest[sizes[-1] + 2 :]
    assert sizes == [raw_upstream.PIECE] * 10 + [0]
    assert sum(sizes) == 100 * 1024


def test_a_websocket_is_accepted_and_echoes_whole_messages() -> None:
    """The accept value is the one of RFC 6455's own example; half a message waits for its other half."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(HELLO)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        writer.write(ASKED + ASKED[:5])
        one = await reader.readexactly(len(ECHOED))
        writer.write(ASKED[5:])
        return one + await reader.readexactly(len(ECHOED))

    assert ECHO == "/raw/echo"
    assert talked(talk) == ECHOED * 2


def test_an_echo_is_what_was_asked_less_its_mask() -> None:
    """A client's frame is masked, a server's is not."""
    mask, masked = ASKED[2:6], ASKED[6:]
    assert bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked)) == ECHOED[2:]
    assert (ASKED[1] & 0x80, ECHOED[1] & 0x80) == (0x80, 0)
