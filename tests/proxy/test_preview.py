"""A version without traffic can be reached before it gets any: by a header, and on a listener of its own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import cast

from gateway.monitoring.ledger_read import read_ledger
from gateway.proxy.server import ClientConnection
from gateway.rollout import moves
from gateway.routing.plan import RoutingPlan
from gateway.routing.shares import set_shares
from tests.proxy.peer import field
from tests.proxy.stage import Gateway, Stage

BLUE, GREEN = (
    b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nblue",
    b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\ngreen",
)
ROUTE = "weights: {blue: 1, green: 0}"


def asking(name: str) -> bytes:
    """A request that asks for a version by name."""
    return b"GET / HTTP/1.1\r\nHost: x\r\nX-Preview: %b\r\n\r\n" % name.encode()


def shown(gateway: Gateway, header: str = "x-preview") -> None:
    """Have the route show its versions by a header."""

    def change(plan: RoutingPlan) -> RoutingPlan:
        return replace(plan, routes=tuple(replace(route, preview=header) for route in plan.routes))

    gateway.change(change)


async def answered(stage: Stage, port: int, request: bytes) -> tuple[int, str | None]:
    """Return the status and the version of an answer."""
    client = await stage.client(port)
    await client.send(request)
    head = await client.head()
    await client.exactly(int(field(head, "content-length") or 0))
    await client.close()
    return int(head[9:12]), field(head, "x-model-version")


async def preview_port(gateway: Gateway) -> tuple[asyncio.Server, int]:
    """Open the listener for idle versions."""
    server = await asyncio.get_running_loop().create_server(
        lambda: cast(asyncio.BaseProtocol, ClientConnection(gateway.context, preview=True)), "127.0.0.1", 0
    )
    return server, server.sockets[0].getsockname()[1]


async def test_a_version_is_asked_for_by_name(stage: Stage) -> None:
    """Whatever its weight; without the header the weights decide, and a name that is none is not found."""
    blue, green = await stage.service(BLUE), await stage.service(GREEN)
    gateway = await stage.gateway(ROUTE, blue=blue, green=green)
    shown(gateway)
    assert await answered(stage, gateway.port, asking("green")) == (200, "green")
    assert await answered(stage, gateway.port, asking("blue")) == (200, "blue")
    assert await answered(stage, gateway.port, asking("grey")) == (404, None)
    assert await answered(stage, gateway.port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == (200, "blue")


async def test_the_header_means_nothing_unless_the_route_says_so(stage: Stage) -> None:
    """Who may choose a version is for routing.yaml to say."""
    blue, green = await stage.service(BLUE), await stage.service(GREEN)
    gateway = await stage.gateway(ROUTE, blue=blue, green=green)
    assert await answered(stage, gateway.port, asking("green")) == (200, "blue")


async def test_nobody_stands_in_for_a_version_that_was_asked_for(stage: Stage) -> None:
    """Whoever looks at green must not be shown blue."""
    blue, green = await stage.service(BLUE), stage.down()
    gateway = await stage.gateway(ROUTE, blue=blue, green=green)
    shown(gateway)
    assert (await answered(stage, gateway.port, asking("green")))[0] == 503


async def test_the_preview_listener_shows_the_idle_version(stage: Stage) -> None:
    """And says so where every version has traffic."""
    blue, green = await stage.service(BLUE), await stage.service(GREEN)
    gateway = await stage.gateway(ROUTE, blue=blue, green=green)
    server, port = await preview_port(gateway)
    plain = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    assert await answered(stage, port, plain) == (200, "green")
    assert await answered(stage, gateway.port, plain) == (200, "blue")
    gateway.change(lambda plan: set_shares(plan, {"green": 50}))
    assert await answered(stage, port, plain) == (404, None)
    server.close()


async def test_a_look_at_a_version_is_no_evidence(stage: Stage) -> None:
    """A rollout is judged by what the split sent, not by who asked for a version."""
    blue, green = await stage.service(BLUE), await stage.service(GREEN)
    gateway = await stage.gateway(ROUTE, blue=blue, green=green)
    shown(gateway)
    plan = gateway.change(lambda plan: moves.start(plan, plan.routes[0], "green"))
    assert await answered(stage, gateway.port, asking("green")) == (200, "green")
    ledger = read_ledger(gateway.places.ledger(plan.revision, 0))
    assert sum(counter.draws for counter in ledger.counters) == 0
    assert await answered(stage, gateway.port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") in (
        (200, "blue"),
        (200, "green"),
    )
    ledger = read_ledger(gateway.places.ledger(plan.revision, 0))
    assert sum(counter.draws for counter in ledger.counters) == 1
