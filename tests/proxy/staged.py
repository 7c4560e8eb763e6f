"""What tests of replicas do with a gateway on the stage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.proxy.pool import Backend
from tests.proxy.peer import Peer
from tests.proxy.stage import Gateway, Service

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def urls(*services: Service) -> str:
    """Return the urls of one service with these replicas."""
    return ", ".join(service.url for service in services)


def backend_of(gateway: Gateway, name: str = "blue") -> Backend:
    """Return a service as the worker sees it."""
    return gateway.context.pool._backends[name]


def tick_later(gateway: Gateway, seconds: float) -> None:
    """Look after every replica as if so many seconds had passed."""
    gateway.context.pool.tick(gateway.context.loop.time() + seconds)


async def probed_until(gateway: Gateway, condition: Callable[[], object]) -> None:
    """Have replicas that are down probed, again and again as a worker does, until a condition holds."""
    while not condition():
        tick_later(gateway, 1)
        await asyncio.sleep(0.001)


async def statuses(client: Peer, count: int) -> set[bytes]:
    """Return the statuses of so many requests."""
    await client.send(GET * count)
    return {(await client.answer())[0][9:12] for _ in range(count)}


async def one(client: Peer, request: bytes) -> bytes:
    """Return the status of one request."""
    await client.send(request)
    return (await client.answer())[0][9:12]
