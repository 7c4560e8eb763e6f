"""Services for tests of what a worker thinks of its replicas: some that nobody serves, and what a stage lacks."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.http.headers import ANSWER_KNOWN, ANSWER_REMOVED, FieldKinds, Shapes
from gateway.proxy.connector import Shared
from gateway.proxy.endpoint import Endpoint
from gateway.proxy.outbox import Outbox
from gateway.proxy.pool import Backend
from gateway.routing.places import Places
from gateway.routing.plan import Service
from gateway.routing.settings import Traffic

PLAIN = Traffic(slow_start=0)


def service(replicas: int, traffic: Traffic = PLAIN, *, first: int = 0) -> Service:
    """Return a service with so many replicas, at places counted from `first`."""
    return Service(
        "blue", urls=tuple(f"http://10.0.0.{first + n}:80" for n in range(replicas)), traffic=traffic
    )


def shared() -> Shared:
    """Return what connections of the running loop share."""
    loop = asyncio.get_running_loop()
    return Shared(loop, Outbox(loop), Shapes(FieldKinds(ANSWER_REMOVED, ANSWER_KNOWN)))


def backend(of: Service, before: Backend | None = None) -> Backend:
    """Return a service as a worker of the running loop sees it."""
    return Backend(of, Places(Path("unused")), shared(), before)


def fail(endpoint: Endpoint, times: int, now: float) -> None:
    """Report so many failures in a row."""
    for _ in range(times):
        endpoint.report(False, now)


def urls(*services: Service) -> str:
    """Return the urls of one service with these replicas."""
    return ", ".join(service.url for service in services)


def backend_of(gateway: Gateway, name: str = "blue") -> Backend:
    """Return a service as the worker sees it."""
    return gateway.context.pool._backends[name]


def tick_later(gateway: Gateway, seconds: float) -> None:
    """Look after every replica as if so many seconds had passed."""
    gateway.context.pool.tick(gateway.context.loop.time() + seconds)


async def statuses(client: Peer, count: int) -> set[bytes]:
    """Return the statuses of so many requests."""
    await client.send(GET * count)
    return {(await client.answer())[0][9:12] for _ in range(count)}
