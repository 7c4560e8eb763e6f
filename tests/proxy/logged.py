"""What tests read of a worker's request log: the frames in its ring, and routes whose policy they set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gateway.requestlog.policy import LogPolicy, Tracing
from gateway.requestlog.ring_read import RingReader
from gateway.routing.plan import RoutingPlan
from tests.proxy.peer import until
from tests.proxy.stage import Gateway, Stage
from tests.requestlog.frames import Whole, read


def frames(gateway: Gateway) -> list[Whole]:
    """Take what the worker has left since the last time."""
    reader = RingReader(gateway.places.ring(0))
    found = [read(data) for data in reader.take(1 << 30)]
    reader.release()
    reader.close()
    return found


async def frame(gateway: Gateway) -> Whole:
    """Wait for the only new frame."""
    found: list[Whole] = []
    await until(lambda: found.extend(frames(gateway)) or found)  # type: ignore[func-returns-value]
    assert len(found) == 1, found
    return found[0]


def policy(**changed: Any) -> Callable[[RoutingPlan], RoutingPlan]:
    """Return the change that gives the route this policy, what is not named being as usual."""
    return of_policy(LogPolicy(**changed))


def of_policy(log: LogPolicy | None) -> Callable[[RoutingPlan], RoutingPlan]:
    """Return the change that gives every route this policy."""

    def change(plan: RoutingPlan) -> RoutingPlan:
        return replace(plan, routes=tuple(replace(route, log=log) for route in plan.routes))

    return change


def tracing(sample: float) -> Callable[[RoutingPlan], RoutingPlan]:
    """Return the change that exports the spans of this share of requests."""
    return lambda plan: replace(plan, tracing=Tracing(otlp="http://127.0.0.1:9/v1/traces", sample=sample))


def post(body: bytes, lines: bytes = b"", path: bytes = b"/infer") -> bytes:
    """Return a request with a body."""
    return b"POST %b HTTP/1.1\r\nHost: x\r\n%bContent-Length: %d\r\n\r\n%b" % (path, lines, len(body), body)


async def logged(stage: Stage, request: bytes, answer: bytes, **changed: Any) -> Whole:
    """Send one request through, under a policy; return its frame."""
    gateway = await stage.gateway(blue=await stage.service(answer))
    if changed:
        gateway.change(policy(**changed))
    client = await stage.client(gateway.port)
    await client.send(request)
    await client.head()
    return await frame(gateway)
