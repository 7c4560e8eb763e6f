"""What time does to an HTTP/2 connection: idle, slow to send or to take, drained, at its end."""

from __future__ import annotations

import time

import pytest

from gateway.proxy.http2 import Http2Connection
from gateway.proxy.http2_deadlines import CROSSING, LINGER
from gateway.proxy.http2_frames import (
    CANCEL,
    GOAWAY,
    NO_ERROR,
    PING,
    PREFACE,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    SETTINGS,
)
from tests.proxy.http2_talk import GET, INITIAL_WINDOW_SIZE, POST, frame, hits, http2, setting
from tests.proxy.peer import OK, until
from tests.proxy.stage import Stage
from tests.tls_files import Authority

EVERY = 2**31 - 1


async def test_an_idle_connection_is_closed(stage: Stage, ca: Authority) -> None:
    """After the time that connections of HTTP/1.1 have, PINGs or not."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        await client.ask(1, GET)
        gateway.tick(60)
        client.write(frame(PING, 0, 0, bytes(8)))
        assert await client.next()
        gateway.tick(80)
        assert (await client.ended())[:2] == (NO_ERROR, 1)
    assert hits(gateway, "keep_alive_timeout") == 1


@pytest.mark.parametrize(
    "half", [PREFACE[:10], PREFACE + frame(SETTINGS, 0, 0)[:5], PREFACE + frame(1, 1, 1, b"\x82")]
)
async def test_half_a_frame_is_not_waited_for(stage: Stage, ca: Authority, half: bytes) -> None:
    """Nor half the preface, nor the rest of a head."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca, hello=half) as client:
        await until(lambda: gateway.context.clients)
        await client.next()
        gateway.tick(5)
        gateway.tick(15)
        code, _, why = await client.ended()
    assert code == PROTOCOL_ERROR
    assert "the rest of a frame" in why
    assert hits(gateway, "head_timeout") == 1


async def test_the_rest_of_a_body_may_take_longer(stage: Stage, ca: Authority) -> None:
    """A frame of data is as large as 16 KiB: it has the time that bodies have."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, POST, ended=False), client.data(1, b"abc")[:-1])
        peer = await service.accepted()
        await peer.head()
        gateway.tick(15)
        client.write(b"c", client.data(1, b"", ended=True))
        assert await peer.chunks() == b"abc"
        await peer.send(OK)
        assert (await client.answer(1)).body == b"ok"
        client.write(client.head(3, POST, ended=False), client.data(3, b"abc")[:-1])
        await peer.head()
        gateway.tick(60)
        assert (await client.ended())[0] == PROTOCOL_ERROR
    assert hits(gateway, "body_timeout") == 1


async def test_a_window_that_stays_shut(stage: Stage, ca: Authority) -> None:
    """Who takes nothing of an answer for the body time-out loses it; other streams go on."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca, hello=PREFACE + setting(INITIAL_WINDOW_SIZE, 10)) as client:
        client.write(client.head(1, GET))
        peer = await service.accepted()
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 500000\r\n\r\n" + b"x" * 100_000)
        while client.answers.get(1) is None or len(client.answers[1].body) < 10:
            await client.next()
        gateway.tick(31)
        assert (await client.answer(1)).reset == CANCEL
        client.write(client.head(3, GET))
        peer = await service.accepted()
        await peer.head()
        await peer.send(OK)
        assert (await client.answer(3)).body == b"ok"
    assert hits(gateway, "body_timeout") == 1


async def test_a_body_that_stops_coming(stage: Stage, ca: Authority) -> None:
    """The rules of HTTP/1.1 hold: 408, and the stream is over."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, POST, ended=False), client.data(1, b"abc"))
        peer = await service.accepted()
        await peer.head()
        gateway.tick(31)
        answer = await client.answer(1)
        assert answer.status == b"408"
        while client.answers[1].reset is None:
            await client.next()
        assert client.answers[1].reset == NO_ERROR


async def test_draining_lets_streams_finish(stage: Stage, ca: Authority) -> None:
    """GOAWAY names the last stream that is answered; a later one is refused, so it may be sent elsewhere."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, GET))
        peer = await service.accepted()
        await peer.head()
        gateway.context.draining = True
        gateway.tick()
        while client.goaway is None:
            await client.next()
        assert client.goaway[:2] == (NO_ERROR, 1)
        client.write(client.head(3, GET))
        assert (await client.answer(3)).reset == REFUSED_STREAM
        (connection,) = gateway.context.clients
        assert isinstance(connection, Http2Connection)
        assert connection.is_busy()
        await peer.send(OK)
        assert (await client.answer(1)).body == b"ok"
        await client.ended()


async def test_draining_politely(stage: Stage, ca: Authority) -> None:
    """Once nothing is open the true last stream is named; what crosses it is refused, nobody hangs up."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        await client.ask(1, GET)
        gateway.context.draining = gateway.context.polite = True
        for _ in range(2):
            gateway.tick()
        while client.goaway is None:
            await client.next()
        assert client.goaway[:2] == (NO_ERROR, 1)
        client.write(client.head(3, GET))
        assert (await client.answer(3)).reset == REFUSED_STREAM
        gateway.tick(CROSSING + 1)
        assert gateway.context.clients
        assert len([got for got in client.frames if got.kind == GOAWAY]) == 1


async def test_a_connection_that_is_never_quiet_is_warned(stage: Stage, ca: Authority) -> None:
    """In the second half of the period; a request that crosses the first GOAWAY is answered."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    half = gateway.context.limits.drain_timeout / 2
    async with http2(gateway, ca) as client:
        client.write(client.head(1, GET))
        peer = await blue.accepted()
        await peer.head()
        gateway.context.draining = gateway.context.polite = True
        gateway.tick()
        assert client.goaway is None
        gateway.tick(half + 1)
        while client.goaway is None:
            await client.next()
        assert client.goaway[:2] == (NO_ERROR, EVERY)
        client.write(client.head(3, GET))
        crossed = await blue.accepted()
        await crossed.head()
        gateway.tick(half + 2 + CROSSING)
        for service, stream in ((peer, 1), (crossed, 3)):
            await service.send(OK)
            assert (await client.answer(stream)).body == b"ok"
        goodbyes = [got for got in client.frames if got.kind == GOAWAY]
        assert len(goodbyes) == 2


async def test_draining_no_longer_politely(stage: Stage, ca: Authority) -> None:
    """When the time is over nobody is waited for."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        await client.ask(1, GET)
        gateway.context.draining = gateway.context.polite = True
        gateway.tick()
        gateway.context.polite = False
        gateway.tick()
        assert (await client.ended())[:2] == (NO_ERROR, 1)


async def test_a_broken_client_is_not_waited_for(stage: Stage, ca: Authority) -> None:
    """It may read why for a while; then the connection is dropped."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        await client.ask(1, GET)
        client.read(False)
        now = time.monotonic()
        gateway.tick(since=now)
        client.write(frame(PING, 0, 0, b"short"))
        (connection,) = gateway.context.clients
        assert isinstance(connection, Http2Connection)
        await until(lambda: connection.ended)
        gateway.tick(LINGER - 1, since=now)
        assert gateway.context.clients
        gateway.tick(LINGER + 1, since=now)
        await until(lambda: not gateway.context.clients)
