"""Connections for TLS count from their first packet: who says nothing keeps nobody out."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from gateway.monitoring.tally import LIMITS, read
from gateway.proxy.tls import ServerTls
from gateway.proxy.tls_listener import TlsListener
from tests.proxy.peer import OK, Peer, until
from tests.proxy.stage import Gateway, Stage
from tests.proxy.tls_talk import client, settings
from tests.tls_files import Authority

GET = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


@asynccontextmanager
async def listening(gateway: Gateway, ca: Authority, tls: ServerTls | None = None) -> AsyncIterator[int]:
    """Let a gateway listen with TLS as well; the port is the value."""
    tls = tls or ServerTls(gateway.places.state, settings(ca.issue("/CN=a", "a.example")))
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(100)
    port = bound.getsockname()[1]
    listener = TlsListener(gateway.context, bound, tls)
    try:
        yield port
    finally:
        listener.close()
        for arrived in list(gateway.context.clients):
            arrived.evict()


async def speak(port: int, ca: Authority, name: str = "a.example") -> Peer:
    """Connect and shake hands."""
    return Peer(*await asyncio.open_connection("127.0.0.1", port, ssl=client(ca), server_hostname=name))


def hits(gateway: Gateway) -> dict[str, int]:
    """Return the limits that were gone beyond, with how often."""
    state, _ = read(gateway.places.tally(0))
    return {name: count for name, count in zip(LIMITS, state.hits, strict=True) if count}


async def test_a_client_that_shakes_hands_is_one_client(stage: Stage, ca: Authority) -> None:
    """Not two: the handshake's place becomes the connection's."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with listening(gateway, ca) as port:
        peer = await speak(port, ca)
        await peer.send(GET)
        assert (await peer.answer())[1] == b"ok"
        assert len(gateway.context.clients) == len(gateway.context.idle) == 1
        assert gateway.context.counts.opened(b"x")[0] == 2
        gateway.context.counts.closed(b"x")
        await peer.leave()
        await until(lambda: not gateway.context.clients)
    assert hits(gateway) == {}


async def test_silent_clients_make_room(stage: Stage, ca: Authority) -> None:
    """The one that has said nothing for longest goes, so that a good one gets in."""
    gateway = await stage.gateway(top="limits: {connections: 3}", blue=await stage.service(OK))
    async with listening(gateway, ca) as port:
        silent = [await stage.client(port) for _ in range(5)]
        for gone in silent[:2]:
            assert await gone.end() == b""
        await until(lambda: len(gateway.context.clients) == 3)
        peer = await speak(port, ca)
        await peer.send(GET)
        assert (await peer.answer())[1] == b"ok"
        assert await silent[2].end() == b""
        assert hits(gateway) == {"connections": 3, "evicted": 3, "tls_handshake": 3}
        await peer.leave()


async def test_where_all_are_busy_a_new_one_is_turned_away(stage: Stage, ca: Authority) -> None:
    """Without a word: there is none before the handshake."""
    blue = await stage.service()
    gateway = await stage.gateway(top="limits: {connections: 1}", blue=blue)
    async with listening(gateway, ca) as port:
        busy = await speak(port, ca)
        await busy.send(GET)
        service = await blue.accepted()
        with pytest.raises(OSError, match=r".*"):
            await speak(port, ca)
        await service.send(OK)
        assert (await busy.answer())[1] == b"ok"
        assert hits(gateway) == {"connections": 1}
        await busy.leave()


async def test_a_handshake_that_fails_is_counted(stage: Stage, ca: Authority) -> None:
    """Whoever speaks plain HTTP here, or leaves in the middle, gives its place back."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with listening(gateway, ca) as port:
        plain = await stage.client(port)
        await plain.send(GET)
        await plain.end()
        leaver = await stage.client(port)
        await until(lambda: gateway.context.clients)
        await leaver.close()
        await until(lambda: not gateway.context.clients)
    assert hits(gateway) == {"tls_handshake": 2}


async def test_a_connection_has_all_of_one_plan(stage: Stage, ca: Authority) -> None:
    """HSTS changes with certificates and protocols, when their files are loaded; not with the plan before."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    before = settings(ca.issue("/CN=a", "a.example"), ca.issue("/CN=b", "b.example"), hsts=60.0)
    after = replace(before, hsts=3600.0, minimum="1.3")
    tls = ServerTls(gateway.places.state, before)

    async def told(peer: Peer) -> bytes:
        await peer.send(GET)
        head = (await peer.answer())[0]
        assert head.count(b"strict-transport-security") == 1
        return head.partition(b"max-age=")[2].split()[0]

    async def told_anew(name: str = "a.example") -> bytes:
        peer = await speak(port, ca, name)
        age = await told(peer)
        await peer.leave()
        return age

    async with listening(gateway, ca, tls) as port:
        old = await speak(port, ca)
        gateway.context.tls = after  # the plan is followed first, and then the files are loaded
        assert [await told(old), await told_anew()] == [b"60", b"60"]
        tls.use(after)
        assert [await told(old), await told_anew(), await told_anew("b.example")] == [b"60", b"3600", b"3600"]
        await old.leave()
