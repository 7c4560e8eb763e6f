"""Tunnels carry bytes both ways with back-pressure, end when their sides do, and can be ended politely."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import cast

import pytest
import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from gateway.http.upgrade import accept_of
from gateway.http.websocket import close_frame
from gateway.proxy.listener_context import ServingContext
from gateway.proxy.server import ClientConnection
from gateway.proxy.tunnel import LINGER, PARTING, Tunnel
from gateway.routing.shares import replace_weights
from tests.proxy.peer import OK, Peer, field, until
from tests.proxy.stage import Gateway, Stage
from tests.proxy.wires import Clock, Wire, connection_over, loop_of, transport_of
from tests.tls_files import Authority

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ASK = b"GET /chat HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: %b\r\n\r\n"
WEBSOCKET = ASK[:-2] % b"websocket" + b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %b\r\n\r\n" % KEY
GRANT = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %b\r\n\r\n"
GRANT_WEBSOCKET = GRANT[:-2] % b"websocket" + b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept_of(KEY)
GOODBYE = close_frame(1001)


class Scene:
    """A tunnel between two transports, and how often it said that it has ended."""

    def __init__(self, protocol: bytes = b"websocket") -> None:
        self.clock, self.client, self.service, self.ended = Clock(), Wire(), Wire(), 0
        upstream = connection_over(self.service, self.clock)
        self.outbox = upstream.outbox
        self.tunnel = Tunnel(loop_of(self.clock), transport_of(self.client), upstream, protocol, self.note)

    def note(self, tunnel: Tunnel) -> None:
        """Count an end."""
        assert tunnel is self.tunnel
        self.ended += 1

    def later(self, seconds: float, idle: float = 300.0) -> None:
        """Let time go by and look at the deadlines."""
        self.clock.now += seconds
        self.tunnel.check_deadlines(self.clock.now, idle)


def test_each_side_is_held_back_while_the_other_takes_no_more() -> None:
    """Until it does again; a side that has ended is not read any more."""
    scene = Scene()
    scene.tunnel.client_writable(False)
    assert (scene.service.reading, scene.client.reading) == (False, True)
    scene.tunnel.client_writable(True)
    scene.tunnel.upstream_writable(False)
    assert (scene.service.reading, scene.client.reading) == (True, False)
    scene.tunnel.client_eof()
    scene.tunnel.upstream_writable(True)
    assert not scene.client.reading


def test_data_is_what_keeps_a_tunnel_alive() -> None:
    """From either side; after so long without any the two hear that it ends."""
    scene = Scene()
    for speak in (scene.tunnel.from_client, scene.tunnel.from_upstream):
        scene.later(299.0)
        speak(b"\x89\x00")
    assert (scene.tunnel.to_client.count, scene.tunnel.to_upstream.count) == (2, 2)
    scene.later(300.0)
    scene.later(0.5)
    assert scene.client.sent == b"", "nothing is due yet"
    scene.outbox.flush()
    assert scene.client.sent.endswith(GOODBYE)


def test_goodbye_is_said_both_ways_and_the_answers_are_awaited() -> None:
    """A service hears it masked, as from any client. Nothing is passed on after it."""
    scene = Scene()
    scene.tunnel.drain()
    scene.tunnel.drain()
    scene.tunnel.from_upstream(b"\x81\x01a")
    scene.tunnel.from_client(close_frame(1001, b"mask"))
    scene.outbox.flush()
    assert scene.client.sent == GOODBYE
    assert len(scene.service.sent) == 8
    assert scene.service.sent[:2] == b"\x88\x82"
    assert scene.service.sent == close_frame(1001, scene.service.sent[2:6])
    assert not scene.client.closed
    scene.tunnel.from_upstream(GOODBYE)
    assert scene.client.closed
    assert scene.service.closed


@pytest.mark.parametrize("begun", [b"", b"\x82\x7e\x40"])
def test_who_does_not_answer_a_goodbye_is_not_waited_for(begun: bytes) -> None:
    """Nor is the end of a frame that does not come."""
    scene = Scene()
    scene.tunnel.from_upstream(begun)
    scene.tunnel.drain()
    scene.later(PARTING)
    assert not scene.client.closed
    scene.later(0.1)
    assert scene.client.closed
    assert scene.service.closed
    assert scene.client.sent == (begun or GOODBYE)


def test_other_protocols_have_no_word_for_goodbye() -> None:
    """What was sent to them is delivered, and the end comes at once."""
    scene = Scene(b"tcp")
    scene.tunnel.from_client(b"last")
    scene.tunnel.drain()
    assert scene.service.sent == b"last"
    assert scene.client.closed
    assert scene.service.closed
    assert scene.client.sent == b""


def test_half_a_tunnel_goes_on() -> None:
    """The end of one direction is passed on after its data; the other ends it."""
    scene = Scene(b"tcp")
    scene.tunnel.from_client(b"question")
    scene.tunnel.client_eof()
    scene.tunnel.client_eof()
    assert scene.service.sent == b"question"
    assert scene.service.at_eof
    scene.tunnel.from_upstream(b"answer")
    assert not scene.client.closed
    scene.tunnel.upstream_eof()
    assert scene.client.sent == b"answer"
    assert scene.client.at_eof
    assert scene.client.closed
    assert scene.service.closed


def test_the_end_is_told_once_when_both_sides_are_gone() -> None:
    """Whichever goes first takes the other with it."""
    for first, second in (("client_lost", "upstream_lost"), ("upstream_lost", "client_lost")):
        scene = Scene()
        scene.tunnel.from_client(b"\x82\x00")
        getattr(scene.tunnel, first)()
        assert (scene.client if first == "upstream_lost" else scene.service).closed
        assert scene.service.sent == b"\x82\x00"
        assert scene.ended == 0
        getattr(scene.tunnel, second)()
        getattr(scene.tunnel, second)()
        assert scene.ended == 1


def test_last_bytes_are_waited_for_while_they_go() -> None:
    """A slow reader may take its time, one that takes nothing is cut off."""
    scene = Scene(b"tcp")
    scene.client.unsent = 3000
    scene.tunnel.upstream_lost()
    for _ in range(3):
        scene.client.unsent -= 1000
        scene.later(LINGER - 0.1)
    assert not scene.client.aborted
    scene.later(LINGER + 0.1)
    assert scene.client.aborted


async def open_tunnel(
    stage: Stage, protocol: bytes = b"tcp", receive_buffer: int = 0
) -> tuple[Gateway, Peer, Peer]:
    """Return a gateway and both ends of a tunnel through it."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port, receive_buffer=receive_buffer)
    await client.send(WEBSOCKET if protocol == b"websocket" else ASK % protocol)
    service = await blue.accepted()
    await service.head()
    await service.send(GRANT_WEBSOCKET if protocol == b"websocket" else GRANT % protocol)
    assert (await client.head()).startswith(b"HTTP/1.1 101 ")
    return gateway, client, service


async def test_both_heads_say_that_they_switch(stage: Stage) -> None:
    """Each side hears it from the gateway, with the rest of its fields as they were."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(WEBSOCKET.replace(b"Host", b"Sec-WebSocket-Protocol: chat\r\nOrigin: o\r\nHost"))
    service = await blue.accepted()
    asked = await service.head()
    assert field(asked, "connection") == "upgrade"
    assert field(asked, "upgrade") == "websocket"
    assert field(asked, "sec-websocket-key") == KEY.decode()
    assert field(asked, "sec-websocket-version") == "13"
    assert field(asked, "sec-websocket-protocol") == "chat"
    assert field(asked, "origin") == "o"
    await service.send(GRANT_WEBSOCKET[:-2] + b"Sec-WebSocket-Protocol: chat\r\nKeep-Alive: 5\r\n\r\n")
    granted = await client.head()
    assert granted.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert field(granted, "connection") == "upgrade"
    assert field(granted, "upgrade") == "websocket"
    assert field(granted, "sec-websocket-accept") == accept_of(KEY).decode()
    assert field(granted, "sec-websocket-protocol") == "chat"
    assert field(granted, "x-model-version") == "blue"
    assert field(granted, "x-request-id")
    assert field(granted, "keep-alive") is None
    assert gateway.outcomes() == {"ok": 1}


async def test_bytes_that_come_with_the_heads_are_not_lost(stage: Stage) -> None:
    """A service may speak at once after its 101, a client even before it; neither is read as HTTP."""
    _, _, client, service = await stage.exchange(ASK % b"tcp" + b"GET / HTTP/1.1\r\n\r\n\0early")
    await service.send(GRANT % b"tcp" + b"HTTP/1.1 200 OK\r\n\r\nat once")
    await client.head()
    assert await client.exactly(26) == b"HTTP/1.1 200 OK\r\n\r\nat once"
    assert await service.exactly(24) == b"GET / HTTP/1.1\r\n\r\n\0early"


async def test_an_ordinary_answer_stays_one(stage: Stage) -> None:
    """The client goes on with HTTP; the service's connection is not trusted with another request."""
    blue, gateway, client, service = await stage.exchange(
        WEBSOCKET + b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    await service.send(OK.replace(b"200 OK", b"403 Forbidden"))
    head, body = await client.answer()
    assert head.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert body == b"ok"
    again = await blue.accepted()
    assert (await again.head()).startswith(b"GET /next ")
    assert await service.end() == b""
    assert gateway.outcomes() == {"client_error": 1}


@pytest.mark.parametrize(
    "answer",
    [
        GRANT % b"websocket",
        GRANT_WEBSOCKET.replace(b"Accept: ", b"Accept: A"),
        GRANT_WEBSOCKET.replace(b"Upgrade: websocket", b"Upgrade: tcp"),
        GRANT_WEBSOCKET.replace(b"Connection: Upgrade\r\n", b""),
        GRANT_WEBSOCKET.replace(b"1.1", b"1.0"),
        GRANT_WEBSOCKET[:-2] + b"Content-Length: 5\r\n\r\n",
        GRANT_WEBSOCKET[:-2] + b"Connection: close\r\n\r\n",
    ],
)
async def test_a_101_that_does_not_agree_is_a_bad_answer(stage: Stage, answer: bytes) -> None:
    """Not one byte after it reaches the client, whose next bytes are HTTP again."""
    blue, gateway, client, service = await stage.exchange(WEBSOCKET)
    service.writer.write(answer + OK)
    head, _ = await client.answer()
    assert head.startswith(b"HTTP/1.1 502 ")
    await client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await (await blue.accepted()).head()
    assert gateway.outcomes() == {"bad_gateway": 1}


@pytest.mark.parametrize("protocol", [b"h2c", b"tcp, websocket", b"TLS/1.0"])
async def test_what_is_not_tunnelled_stays_a_plain_request(stage: Stage, protocol: bytes) -> None:
    """The service is not asked, so a service that switches all the same gives a bad answer."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(ASK % protocol)
    service = await blue.accepted()
    asked = await service.head()
    assert field(asked, "upgrade") is None
    assert field(asked, "connection") is None
    await service.send(GRANT % protocol)
    assert (await client.answer())[0].startswith(b"HTTP/1.1 502 ")


async def test_a_half_closed_tunnel_carries_the_rest(stage: Stage) -> None:
    """The client has said all; the service answers after it has heard so."""
    gateway, client, service = await open_tunnel(stage)
    await client.send(b"question")
    client.half_close()
    assert await service.end() == b"question"
    await service.send(b"answer")
    assert await client.exactly(6) == b"answer"
    service.half_close()
    assert await client.end() == b""
    await until(lambda: not gateway.context.tunnels)


@pytest.mark.parametrize("how", ["leave", "reset"])
@pytest.mark.parametrize("who", ["client", "service"])
async def test_who_leaves_takes_the_other_along(stage: Stage, who: str, how: str) -> None:
    """The other side gets what was sent before, and then the end."""
    gateway, client, service = await open_tunnel(stage)
    left, right = (client, service) if who == "client" else (service, client)
    await left.send(b"last")
    assert await right.exactly(4) == b"last"
    if how == "reset":
        left.reset()
    else:
        left.writer.close()
    assert await right.end() == b""
    right.writer.close()
    await until(lambda: not gateway.context.tunnels)
    (backend,) = gateway.context.pool._backends.values()
    assert backend.endpoints[0].outstanding == 0
    assert not backend.endpoints[0].idle


@pytest.mark.parametrize("who", ["client", "service"])
async def test_a_slow_side_holds_the_other_back(stage: Stage, who: str) -> None:
    """Memory stays bounded, and nothing is lost once it reads again."""
    _, client, service = await open_tunnel(stage, receive_buffer=8192)
    slow, fast = (client, service) if who == "client" else (service, client)
    slow.reader._limit = 1024  # type: ignore[attr-defined]
    size = 48 * 1024 * 1024
    fast.writer.write(bytes(size))
    fast.half_close()
    transport = fast.writer.transport
    before = -1
    while transport.get_write_buffer_size() != before:  # until it takes no more
        before = transport.get_write_buffer_size()
        await asyncio.sleep(0.1)
    assert size - before < 24 * 1024 * 1024
    received = 0
    while data := await slow.reader.read(1 << 20):
        received += len(data)
    assert received == size


async def test_a_tunnel_outlives_a_change_of_weights(stage: Stage) -> None:
    """It stays with the version that it began with, even one that gets no more requests."""
    blue, green = await stage.service(), await stage.service(OK)
    gateway = await stage.gateway("weights: {blue: 1, green: 0}", blue=blue, green=green)
    client = await stage.client(gateway.port)
    await client.send(ASK % b"tcp")
    service = await blue.accepted()
    await service.head()
    await service.send(GRANT % b"tcp")
    await client.head()
    for shares in ({"green": 1.0}, {"blue": 1.0, "green": 1.0}, {"green": 1.0}):
        gateway.change(partial(replace_weights, route="all", weights=shares))
        gateway.tick()
        await client.send(b"ping")
        assert await service.exactly(4) == b"ping"
        await service.send(b"pong")
        assert await client.exactly(4) == b"pong"
    other = await stage.client(gateway.port)
    await other.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert field((await other.answer())[0], "x-model-version") == "green"


async def test_real_websockets_pass_through(stage: Stage) -> None:
    """Text, binary, pings, fragments, compression, a large message and the code of the close."""
    async with serve(echo, "127.0.0.1", 0, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        gateway = await stage.gateway(blue=f"http://127.0.0.1:{port}")
        uri = f"ws://127.0.0.1:{gateway.port}/"
        async with connect(uri, max_size=None, proxy=None) as client:
            for message in ("héllo", b"\0\xff", "z" * 200_000, bytes(3 << 20)):
                await client.send(message)
                assert await client.recv() == message
            await client.send(["in ", "three ", "pieces"])
            assert await client.recv() == "in three pieces"
            await (await client.ping())
            await client.close(4321, "enough")
        assert client.close_code == 4321
        await until(lambda: not gateway.context.tunnels)


async def test_a_drained_websocket_hears_1001(stage: Stage) -> None:
    """So do its service and its client, both while a large message is on its way."""
    codes: list[int | None] = []

    async def talk(connection: ServerConnection) -> None:
        try:
            await connection.send(bytes(1 << 20))
            await connection.recv()
        except websockets.ConnectionClosed:
            codes.append(connection.close_code)

    async with serve(talk, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        gateway = await stage.gateway(blue=f"http://127.0.0.1:{port}")
        async with connect(f"ws://127.0.0.1:{gateway.port}/", max_size=None, proxy=None) as client:
            await until(lambda: gateway.context.tunnels)
            (tunnel,) = gateway.context.tunnels
            tunnel.drain()
            message = await client.recv()
            assert len(message) == 1 << 20
            with pytest.raises(websockets.ConnectionClosed):
                await client.recv()
            assert client.close_code == 1001
        await until(lambda: codes == [1001])
        await until(lambda: not gateway.context.tunnels)


async def test_an_idle_tunnel_ends(stage: Stage) -> None:
    """After its time-out; the worker's clock sees to it."""
    gateway, client, service = await open_tunnel(stage, b"websocket")
    (tunnel,) = gateway.context.tunnels
    tunnel.check_deadlines(asyncio.get_running_loop().time() + 301.0, 300.0)
    assert await client.exactly(4) == GOODBYE
    assert (await service.exactly(8))[:2] == b"\x88\x82"
    client.writer.close()
    service.writer.close()
    await until(lambda: not gateway.context.tunnels)


async def echo(connection: ServerConnection) -> None:
    """Send back whatever comes."""
    async for message in connection:
        await connection.send(message)


@asynccontextmanager
async def secured(gateway: Gateway, ca: Authority) -> AsyncIterator[int]:
    """Let the gateway listen with TLS too; the port is the value."""
    pair = ca.issue("/CN=gateway", "localhost")
    context = ServingContext(ssl.PROTOCOL_TLS_SERVER)
    context.hsts = b""
    context.load_cert_chain(pair.cert, pair.key)
    server = await asyncio.get_running_loop().create_server(
        lambda: cast(asyncio.BaseProtocol, ClientConnection(gateway.context)), "127.0.0.1", 0, ssl=context
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_a_websocket_over_tls(stage: Stage, tmp_path: Path) -> None:
    """Its messages pass, and so does its end."""
    ca = Authority(tmp_path)
    async with serve(echo, "127.0.0.1", 0, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        gateway = await stage.gateway(blue=f"http://127.0.0.1:{port}")
        async with secured(gateway, ca) as secure_port:
            uri = f"wss://localhost:{secure_port}/"
            async with connect(
                uri, ssl=ssl.create_default_context(cafile=ca.cert), max_size=None, proxy=None
            ) as client:
                for message in ("hello", bytes(3 << 20)):
                    await client.send(message)
                    assert await client.recv() == message
            assert client.close_code == 1000
            await until(lambda: not gateway.context.tunnels)


@pytest.mark.parametrize("who", ["client", "service"])
async def test_tls_has_no_half_closed_tunnels(stage: Stage, tmp_path: Path, who: str) -> None:
    """The end of either side comes after its data, and ends both directions."""
    ca = Authority(tmp_path)
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    async with secured(gateway, ca) as port:
        client = Peer(
            *await asyncio.open_connection("localhost", port, ssl=ssl.create_default_context(cafile=ca.cert))
        )
        await client.send(ASK % b"tcp")
        service = await blue.accepted()
        await service.head()
        await service.send(GRANT % b"tcp")
        await client.head()
        last = bytes(300_000)
        if who == "client":
            await client.send(last)
            client.writer.close()
            assert await service.end() == last
            service.writer.close()
        else:
            await service.send(last)
            service.half_close()
            assert await client.end() == last
            assert await service.end() == b""
            client.writer.close()
        await until(lambda: not gateway.context.tunnels)
