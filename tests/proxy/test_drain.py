"""The end of a worker: quick or polite, and within the drain period either way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from gateway.monitoring import tally
from gateway.monitoring.tally_layout import HIT_DRAIN_TIMEOUT
from gateway.proxy.drain import Orders, drain
from tests.proxy.peer import OK, Peer, field, until
from tests.proxy.stage import Gateway, Stage

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Tunnel:
    """Stands for a tunnel that ends a turn after it was told to."""

    def __init__(self, gateway: Gateway) -> None:
        self.told = 0
        self._tunnels = gateway.context.tunnels
        self._tunnels.add(self)  # type: ignore[arg-type]

    def drain(self) -> None:
        """Count, and end soon."""
        self.told += 1
        asyncio.get_running_loop().call_soon(self._tunnels.discard, self)

    def check_deadlines(self, now: float, idle: float) -> bool:
        """Nothing falls due in a turn."""
        return False


@contextmanager
def draining(
    gateway: Gateway, period: float, *, quick: bool = False
) -> Iterator[tuple[Orders, asyncio.Task[None]]]:
    """Begin to drain as a worker does, with its listener closed."""
    gateway._server.close()
    gateway.context.limits = replace(gateway.context.limits, drain_timeout=period)
    orders = Orders()
    orders.stop() if quick else orders.leave()
    yield orders, asyncio.get_running_loop().create_task(drain(gateway.context, orders))


async def kept(stage: Stage, gateway: Gateway) -> Peer:
    """Return a client whose connection is kept after a first answer."""
    client = await stage.client(gateway.port)
    await client.send(GET)
    assert field((await client.answer())[0], "connection") is None
    return client


async def test_politely_an_idle_connection_may_ask_once_more(stage: Stage) -> None:
    """It is answered, told that this was the last answer, and closed; then the worker is done."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await kept(stage, gateway)
    with draining(gateway, 20.0) as (orders, task):
        await until(lambda: gateway.context.draining)
        await asyncio.sleep(0.1)  # several turns, in none of which it is closed
        assert not task.done()
        await client.send(GET)
        head, body = await client.answer()
        assert (body, field(head, "connection")) == (b"ok", "close")
        assert await client.end() == b""
        await task
    assert orders.told.is_set()


async def test_politely_an_answer_that_promised_more_keeps_the_promise(stage: Stage) -> None:
    """Its head had gone out before: the connection closes after the next one, which says so."""
    _, gateway, client, service = await stage.exchange(GET)
    await service.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no")
    assert field(await client.head(), "connection") is None
    with draining(gateway, 20.0) as (_, task):
        await until(lambda: gateway.context.draining)
        await service.send(b"k")
        assert await client.exactly(2) == b"ok"
        await client.send(GET)
        await service.head()
        await service.send(OK)
        assert field((await client.answer())[0], "connection") == "close"
        assert await client.end() == b""
        await task


async def test_quickly_an_idle_connection_is_closed_at_once(stage: Stage) -> None:
    """What is in flight still gets its answer."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    idle, busy = [await stage.client(gateway.port) for _ in range(2)]
    await busy.send(GET)
    service = await blue.accepted()
    await service.head()
    with draining(gateway, 20.0, quick=True) as (_, task):
        assert await idle.end() == b""
        await service.send(OK)
        head, body = await busy.answer()
        assert (body, field(head, "connection")) == (b"ok", "close")
        await task


async def test_an_order_to_stop_ends_the_politeness(stage: Stage) -> None:
    """The supervisor is gone, say, while the worker waits for those who may ask once more."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await kept(stage, gateway)
    with draining(gateway, 20.0) as (orders, task):
        await until(lambda: gateway.context.polite)
        orders.stop()
        assert await client.end() == b""
        await task


async def test_the_period_ends_idle_connections_and_cuts_what_is_left(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The log and a counter say that something was cut."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    idle, busy = [await stage.client(gateway.port) for _ in range(2)]
    await busy.send(GET)
    await (await blue.accepted()).head()
    with draining(gateway, 0.3) as (_, task):
        assert await idle.end() == b""
        await task
    assert "1 requests and tunnels were still running after 0.3 s" in caplog.text
    assert tally.read_state(gateway.places.tally(0)).hits[HIT_DRAIN_TIMEOUT] == 1


async def test_tunnels_are_told_at_once_when_quick_and_late_when_polite(stage: Stage) -> None:
    """In between they go on as if nothing were."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    quick = Tunnel(gateway)
    with draining(gateway, 20.0, quick=True) as (_, task):
        await task
    assert quick.told == 1
    gateway = await stage.gateway(blue=await stage.service(OK))
    polite = Tunnel(gateway)
    with draining(gateway, 3.4) as (_, task):
        began = asyncio.get_running_loop().time()
        await until(lambda: polite.told)
        assert asyncio.get_running_loop().time() - began > 0.3
        await task
