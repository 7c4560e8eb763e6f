"""An HTTP/2 client for tests that speaks in raw frames, and a gateway behind TLS for it to speak to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple, cast

from hpack import Decoder, Encoder

from gateway.monitoring import tally
from gateway.proxy.http2_frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
)
from gateway.proxy.server import ClientConnection
from gateway.proxy.tls import ServerTls
from tests.proxy.stage import Gateway
from tests.proxy.tls_talk import client, settings
from tests.tls_files import Authority

Fields = list[tuple[bytes, bytes]]
ACK = 0x1
GET: Fields = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"a.example"), (b":path", b"/")]
POST: Fields = [(b":method", b"POST"), *GET[1:]]
INITIAL_WINDOW_SIZE = 4


class Got(NamedTuple):
    """A frame that came."""

    kind: int
    flags: int
    stream_id: int
    content: bytes


class Answer(NamedTuple):
    """What one stream said: fields of each head, the body, and the code of its reset, None without one."""

    heads: list[dict[bytes, bytes]]
    body: bytes
    reset: int | None

    @property
    def status(self) -> bytes:
        """The status of the last head."""
        return self.heads[-1][b":status"]


def frame(kind: int, flags: int, stream_id: int, content: bytes = b"") -> bytes:
    """Return one frame."""
    return len(content).to_bytes(3, "big") + bytes((kind, flags)) + stream_id.to_bytes(4, "big") + content


def setting(number: int, value: int) -> bytes:
    """Return a SETTINGS frame with one setting."""
    return frame(SETTINGS, 0, 0, number.to_bytes(2, "big") + value.to_bytes(4, "big"))


def window(stream_id: int, more: int) -> bytes:
    """Return a WINDOW_UPDATE frame."""
    return frame(WINDOW_UPDATE, 0, stream_id, more.to_bytes(4, "big"))


def reset(stream_id: int, code: int = 8) -> bytes:
    """Return an RST_STREAM frame."""
    return frame(RST_STREAM, 0, stream_id, code.to_bytes(4, "big"))


def hits(gateway: Gateway, limit: str) -> int:
    """Return how often a limit of the gateway held."""
    return tally.read_state(gateway.places.tally(0)).hits[tally.LIMITS.index(limit)]


class Http2Client:
    """One connection; `goaway` is the code and the reason once GOAWAY came."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._encoder, self._decoder = Encoder(), Decoder()
        self.frames: list[Got] = []
        self.answers: dict[int, Answer] = {}
        self.goaway: tuple[int, int, str] | None = None

    def write(self, *frames: bytes) -> None:
        """Send these bytes."""
        self._writer.write(b"".join(frames))

    def block(self, fields: Fields) -> bytes:
        """Return the compressed fields."""
        return self._encoder.encode(fields, huffman=False)

    def head(self, stream_id: int, fields: Fields, *, ended: bool = True) -> bytes:
        """Return a HEADERS frame."""
        flags = END_HEADERS | (END_STREAM if ended else 0)
        return frame(HEADERS, flags, stream_id, self.block(fields))

    def data(self, stream_id: int, data: bytes, *, ended: bool = False) -> bytes:
        """Return a DATA frame."""
        return frame(DATA, END_STREAM if ended else 0, stream_id, data)

    async def next(self) -> Got | None:
        """Read the next frame; None where the connection has ended."""
        try:
            head = await self._reader.readexactly(9)
            content = await self._reader.readexactly(int.from_bytes(head[:3], "big"))
        except (asyncio.IncompleteReadError, OSError):
            return None
        got = Got(head[3], head[4], int.from_bytes(head[5:], "big"), content)
        self.frames.append(got)
        self._note(got)
        return got

    def _note(self, got: Got) -> None:
        if got.kind == GOAWAY:
            last, code = int.from_bytes(got.content[:4], "big"), int.from_bytes(got.content[4:8], "big")
            self.goaway = (code, last, got.content[8:].decode())
        if not got.stream_id:
            return
        answer = self.answers.setdefault(got.stream_id, Answer([], b"", None))
        if got.kind == HEADERS:
            fields = self._decoder.decode(got.content, raw=True)
            answer.heads.append({bytes(name): bytes(value) for name, value in fields})
        elif got.kind == DATA:
            self.answers[got.stream_id] = answer._replace(body=answer.body + got.content)
        elif got.kind == RST_STREAM:
            self.answers[got.stream_id] = answer._replace(reset=int.from_bytes(got.content, "big"))

    async def answer(self, stream_id: int) -> Answer:
        """Read until a stream has ended, and return what came on it."""
        while True:
            for got in self.frames:
                if got.stream_id == stream_id and _ends(got):
                    return self.answers[stream_id]
            assert await self.next() is not None, "the connection ended before the answer"

    async def ask(self, stream_id: int, fields: Fields, body: bytes | None = None) -> Answer:
        """Send a request and return its answer."""
        self.write(self.head(stream_id, fields, ended=body is None))
        if body is not None:
            self.write(self.data(stream_id, body, ended=True))
        return await self.answer(stream_id)

    async def ended(self) -> tuple[int, int, str]:
        """Read to the end of the connection; return GOAWAY's code, last stream and reason."""
        while await self.next() is not None:
            pass
        assert self.goaway is not None, "the connection ended without a word"
        return self.goaway

    def read(self, more: bool) -> None:
        """Stop reading from the network, or go on."""
        transport = cast(asyncio.ReadTransport, self._writer.transport)
        if more:
            transport.resume_reading()
        else:
            transport.pause_reading()

    async def drain(self) -> None:
        """Wait until what was written is on its way."""
        await self._writer.drain()

    def abort(self) -> None:
        """Drop the connection."""
        self._writer.transport.abort()


def _ends(got: Got) -> bool:
    return got.kind == RST_STREAM or (got.kind in (DATA, HEADERS) and bool(got.flags & END_STREAM))


@asynccontextmanager
async def secured(gateway: Gateway, ca: Authority) -> AsyncIterator[int]:
    """Let a gateway listen with TLS as well; the port is the value."""
    tls = ServerTls(gateway.places.state, settings(ca.issue("/CN=a", "a.example")))
    server = await asyncio.get_running_loop().create_server(
        lambda: cast(asyncio.Protocol, ClientConnection(gateway.context)), "127.0.0.1", 0, ssl=tls.context
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def http2(gateway: Gateway, ca: Authority, *, hello: bytes = b"") -> AsyncIterator[Http2Client]:
    """Connect with ALPN h2 and say `hello`, or what every client says."""
    async with secured(gateway, ca) as port:
        context: ssl.SSLContext = client(ca, alpn=("h2",))
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        talk = Http2Client(reader, writer)
        talk.write(hello or PREFACE + frame(SETTINGS, 0, 0))
        try:
            yield talk
        finally:
            talk.abort()
