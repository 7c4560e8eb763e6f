"""HTTP/2 connections as a whole: admission, limits and the end."""

from __future__ import annotations

import asyncio
import gc
from typing import cast

import httpx
from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.http2 import Http2Connection
from gateway.proxy.http2_frames import (
    DATA,
    ENHANCE_YOUR_CALM,
    GOAWAY,
    HEADERS,
    NO_ERROR,
    PREFACE,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
)
from gateway.routing.settings import Limits
from tests.proxy.http2_talk import (
    GET,
    frame,
    hits,
    http2,
    secured,
)
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Stage
from tests.proxy.tls_talk import client as tls_client
from tests.tls_files import Authority


async def test_a_request_reaches_the_service_as_http11(stage: Stage, ca: Authority) -> None:
    """Its fields pass in order, the authority as Host, and the answer comes back with lower-case names."""
    service = await stage.service(b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX-Here: Yes\r\n\r\nok")
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        answer = await client.ask(1, [*GET, (b"accept", b"a/b"), (b"cookie", b"a=1"), (b"cookie", b"b=2")])
    assert (answer.status, answer.body, answer.reset) == (b"200", b"ok", None)
    assert answer.heads[0][b"x-here"] == b"Yes"
    assert answer.heads[0][b"x-model-version"] == b"blue"
    assert b"connection" not in answer.heads[0]
    head = service.requests[0]
    assert head.startswith(b"GET / HTTP/1.1\r\n")
    assert field(head, "host") == "a.example"
    assert field(head, "accept") == "a/b"
    assert field(head, "cookie") == "a=1; b=2"
    assert field(head, "x-forwarded-proto") == "https"
    assert field(head, "connection") is None
    assert gateway.outcomes() == {"ok": 1}


async def test_httpx_speaks_it(stage: Stage, ca: Authority) -> None:
    """A client that people use, with bodies in both directions."""
    service = await stage.service(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"x" * 100_000)
    gateway = await stage.gateway(blue=service)
    async with (
        secured(gateway, ca) as port,
        httpx.AsyncClient(http2=True, verify=tls_client(ca, alpn=("h2",)), trust_env=False) as client,
    ):
        for _ in range(3):
            answer = await client.post(f"https://127.0.0.1:{port}/a", content=b"y" * 300_000)
            assert (answer.http_version, answer.status_code, len(answer.content)) == ("HTTP/2", 200, 100_000)
    assert [len(request.partition(b"\r\n\r\n")[2]) for request in service.requests] == [300_000] * 3


async def test_streams_are_one_connection(stage: Stage, ca: Authority) -> None:
    """Counted once, and idle only once no stream is open."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(*[client.head(number, GET) for number in (1, 3, 5)])
        peers = [await service.accepted() for _ in range(3)]
        assert len(gateway.context.clients) == 1
        assert not gateway.context.idle
        for peer in peers:
            await peer.head()
            await peer.send(OK)
        for number in (1, 3, 5):
            await client.answer(number)
        assert len(gateway.context.idle) == 1
    await until(lambda: not gateway.context.clients)
    assert not gateway.context.idle
    assert not gateway.context.exchanges


async def test_a_client_that_leaves_ends_its_requests(stage: Stage, ca: Authority) -> None:
    """The service is told by the end of its connection."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, GET))
        peer = await service.accepted()
        await peer.head()
        client.abort()
        assert await peer.end() == b""
    await until(lambda: gateway.outcomes() == {"disconnected": 1})


async def test_too_many_connections(stage: Stage, ca: Authority) -> None:
    """Who finds no place is told so in the words of HTTP/2."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    gateway.context.limits = Limits(connections=0)
    async with http2(gateway, ca) as client:
        code, _, why = await client.ended()
    assert code == ENHANCE_YOUR_CALM
    assert "as many as there may be" in why
    assert hits(gateway, "connections") == 1


async def test_an_idle_connection_makes_room(stage: Stage, ca: Authority) -> None:
    """It is told that it may ask again elsewhere."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        await client.ask(1, GET)
        next(iter(gateway.context.idle)).evict()
        assert (await client.ended())[:2] == (NO_ERROR, 1)


async def test_so_many_requests_and_no_more(stage: Stage, ca: Authority) -> None:
    """The last one is answered, a further one refused, and then the connection ends."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    gateway.context.limits = Limits(requests_per_connection=2)
    async with http2(gateway, ca) as client:
        client.write(*[client.head(number, GET) for number in (1, 3, 5)])
        assert (await client.answer(5)).reset == REFUSED_STREAM
        for _ in range(2):
            peer = await service.accepted()
            await peer.head()
            await peer.send(OK)
        assert (await client.answer(1)).body == b"ok"
        assert (await client.answer(3)).body == b"ok"
        assert (await client.ended())[:2] == (NO_ERROR, 3)
    assert hits(gateway, "requests_per_connection") == 1


async def test_a_client_that_says_goodbye_is_answered(stage: Stage, ca: Authority) -> None:
    """Its GOAWAY means that it opens no more streams, not that it left."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, GET), frame(GOAWAY, 0, 0, bytes(8)))
        peer = await service.accepted()
        await peer.head()
        await peer.send(OK)
        assert (await client.answer(1)).body == b"ok"
        assert await client.next() is None


async def test_goodbye_without_streams(stage: Stage, ca: Authority) -> None:
    """There is nothing to wait for."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        client.write(frame(GOAWAY, 0, 0, bytes(8)))
        assert (await client.ended())[0] == NO_ERROR


async def test_what_is_not_http2_is_told_so(stage: Stage, ca: Authority) -> None:
    """GOAWAY, then the end, even if the client does not listen."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca, hello=b"GET / HTTP/1.1\r\nhost: a\r\n\r\n") as client:
        code, _, why = await client.ended()
    assert code == PROTOCOL_ERROR
    assert "does not begin as HTTP/2 does" in why
    assert gateway.outcomes() == {"refused": 1}


async def test_http11_is_spoken_beside_it(stage: Stage, ca: Authority) -> None:
    """ALPN decides, for each connection."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with (
        secured(gateway, ca) as port,
        httpx.AsyncClient(verify=tls_client(ca), trust_env=False) as client,
    ):
        answer = await client.get(f"https://127.0.0.1:{port}/a")
    assert (answer.http_version, answer.content) == ("HTTP/1.1", b"ok")


async def test_nothing_stays_behind(stage: Stage, ca: Authority) -> None:
    """A stream that is over is freed at once, without the collector."""
    gateway = await stage.gateway(blue=await stage.service(OK))

    async with http2(gateway, ca) as client:
        for number in range(1, 41, 2):
            await client.ask(number, GET)
        gc.collect()
        gc.disable()
        try:
            before = len(gc.get_objects())
            for number in range(41, 441, 2):
                await client.ask(number, GET)
            client.frames.clear()
            client.answers.clear()
            grown = len(gc.get_objects()) - before
        finally:
            gc.enable()
    assert grown < 200


class Wire:
    """A transport that takes everything and keeps what it took."""

    def __init__(self) -> None:
        self.sent = b""
        self.closing = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("192.0.2.7", 1) if name == "peername" else None

    def write(self, data: bytes) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return self.closing

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        self.closing = True

    abort = close


FIELDS = st.lists(
    st.tuples(
        st.sampled_from([b":path", b":method", b"host", b"x", b"content-length", b"te", b"X", b""]),
        st.sampled_from([b"/", b"GET", b"0", b"3", b"a\r\nb", b""]),
    ),
    max_size=3,
)
FRAMES = st.one_of(
    st.tuples(st.just(HEADERS), st.sampled_from([4, 5, 0, 0x24]), st.integers(0, 9), FIELDS),
    st.tuples(
        st.integers(0, 12), st.sampled_from([0, 1, 4, 5, 8]), st.integers(0, 9), st.binary(max_size=12)
    ),
    st.tuples(st.just(DATA), st.sampled_from([0, 1]), st.integers(1, 9), st.sampled_from([b"", b"abc"])),
    st.tuples(st.just(WINDOW_UPDATE), st.just(0), st.integers(0, 9), st.just(b"\x00\x00\x10\x00")),
    st.tuples(st.just(RST_STREAM), st.just(0), st.integers(1, 9), st.just(bytes(4))),
)


async def test_no_frames_whatever_break_it(stage: Stage) -> None:
    """Whatever comes is answered or ends the connection; nothing is raised, and nothing is left open."""
    gateway = await stage.gateway("path: /in, weights: {blue: 1}", blue=await stage.service())
    raised: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, why: raised.append(why))

    @given(st.lists(FRAMES, max_size=10), st.booleans(), st.integers(1, 50))
    def play(frames: list[tuple[int, int, int, object]], draining: bool, cut: int) -> None:
        encoder, wire = Encoder(), Wire()
        stream = PREFACE + frame(SETTINGS, 0, 0)
        for kind, flags, stream_id, content in frames:
            if isinstance(content, list):
                content = encoder.encode([*GET, *content] if flags != 0x24 else content, huffman=False)
            assert isinstance(content, bytes)
            stream += frame(kind, flags, stream_id, content)
        connection = Http2Connection(gateway.context)
        connection.connection_made(cast(asyncio.BaseTransport, wire))
        for at in range(0, len(stream), cut):
            connection.data_received(stream[at : at + cut])
        connection.check_deadlines(gateway.context.now + (100 if draining else 1))
        gateway.context.outbox.flush()
        connection.connection_lost(None)
        assert not connection.is_busy()
        assert not gateway.context.clients
        assert not gateway.context.idle
        assert not gateway.context.exchanges

    play()
    await asyncio.sleep(0)
    assert not raised


async def test_whoever_takes_no_answers_may_ask_nothing_more(stage: Stage, ca: Authority) -> None:
    """Answers of the gateway's own would else pile up without bound; once they are taken it goes on."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        await client.ask(1, GET)
        (connection,) = gateway.context.clients
        assert isinstance(connection, Http2Connection)
        connection.pause_writing()
        client.write(client.head(3, GET))
        await asyncio.sleep(0)
        assert not connection.transport.is_reading()
        connection.resume_writing()
        assert (await client.answer(3)).body == b"ok"
