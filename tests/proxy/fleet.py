"""Services as a worker sees them, without a gateway around them."""

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


def service_at(*urls: str, traffic: Traffic = PLAIN) -> Service:
    """Return a service with these replicas."""
    return Service("blue", urls=urls, traffic=traffic)


def service(replicas: int, traffic: Traffic = PLAIN, *, first: int = 0) -> Service:
    """Return a service with so many replicas that nobody serves, counted from `first`."""
    return service_at(*(f"http://10.0.0.{first + n}:80" for n in range(replicas)), traffic=traffic)


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
