"""A client's connection as such: how long it is kept, and how it ends."""

from __future__ import annotations

import time

from gateway.proxy.client import LINGER
from gateway.routing.settings import Limits
from tests.proxy.peer import OK, until
from tests.proxy.stage import Stage
from tests.proxy.test_limits import GET


async def test_a_client_that_takes_nothing_of_its_answer_is_let_go(stage: Stage) -> None:
    """After the same time, so that nobody holds memory and a service's connection for ever."""
    large = b"HTTP/1.1 200 OK\r\ncontent-length: 50000000\r\n\r\n" + b"x" * 50_000_000
    gateway = await stage.gateway(blue=await stage.service(large))
    client = await stage.client(gateway.port, receive_buffer=4096, limit=1)
    await client.send(GET)
    await until(lambda: any(not one.writable for one in gateway.clients))
    now = time.monotonic()
    gateway.tick(since=now)
    gateway.tick(after=Limits().body_timeout - 1, since=now)
    assert gateway.context.clients
    gateway.tick(after=Limits().body_timeout + 1, since=now)
    await until(lambda: not gateway.context.clients)
    assert not gateway.context.exchanges


async def test_a_client_that_is_told_404_is_not_idle(stage: Stage) -> None:
    """It is the last to make room, and its time begins anew."""
    gateway = await stage.gateway("path: /a, weights: {blue: 1}", blue=await stage.service(OK))
    first, second = [await stage.client(gateway.port) for _ in range(2)]
    await until(lambda: len(gateway.clients) == 2)
    gateway.tick(after=50)
    await first.send(GET)
    assert (await first.answer())[0].startswith(b"HTTP/1.1 404 ")
    assert next(iter(gateway.context.idle)) is not gateway.clients[0]
    gateway.tick(after=80)
    assert await second.end() == b""
    await first.send(GET)
    assert (await first.answer())[0].startswith(b"HTTP/1.1 404 ")


async def test_a_client_that_still_sends_may_read_why_nobody_listens(stage: Stage) -> None:
    """Its connection is half closed for a moment: a close at once would take the answer from it."""
    gateway = await stage.gateway(top="limits: {body: 10}", blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 100000\r\n\r\n")
    assert (await client.end()).startswith(b"HTTP/1.1 413 ")
    await client.send(b"x" * 1000)
    assert gateway.context.clients
    gateway.tick(after=LINGER + 1)
    await until(lambda: not gateway.context.clients)
