"""One worker's shared state: it takes a new plan whole, or stays with the one it has."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import pytest

from gateway.monitoring.tally import TallyWriter
from gateway.proxy.context import Context
from gateway.routing.run_directory import prepare
from gateway.routing.shares import replace_weights
from gateway.routing.slot import PlanSlot
from tests.proxy.peer import OK
from tests.proxy.stage import Stage

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_before_the_first_plan_nothing_matches(stage: Stage) -> None:
    """The worker serves revision 0."""
    places = prepare(stage.folder / "empty")
    context = Context(places, TallyWriter(places.tally(0), 1), asyncio.get_running_loop())
    context.adopt()
    assert context.serving == 0
    assert context.table.match(b"GET / HTTP/1.1")[1] is None


async def test_a_plan_is_adopted_with_what_it_looks_at(stage: Stage) -> None:
    """The revision served is that of the plan."""
    route = "weights: {blue: 1}, sticky: {header: x-user-id}"
    gateway = await stage.gateway(route, blue=await stage.service(OK))
    context = gateway.context
    assert (context.serving, context.revision) == (1, 1)
    shape = context.request_shapes.of({b"X-User-Id": b"7"})
    assert shape.looked_at == ((b"x-user-id", b"X-User-Id"),)


async def test_a_service_that_stays_as_it_was_keeps_its_connections(stage: Stage) -> None:
    """A change of weights costs no connection."""
    services = {"blue": await stage.service(OK), "canary": await stage.service(OK)}
    gateway = await stage.gateway("weights: {blue: 1, canary: 0}", **services)
    client = await stage.client(gateway.port)
    for weight in (1.0, 2.0, 3.0):
        gateway.change(partial(replace_weights, route="all", weights={"blue": 10, "canary": weight}))
        await client.send(GET * 20)
        for _ in range(20):
            await client.answer()
    assert (len(services["blue"].peers), len(services["canary"].peers)) == (1, 1)


async def test_a_plan_that_cannot_be_used_changes_nothing(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, the last good one stays in force and is what the worker says it serves."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    gateway.places.plan.write_bytes(b"{nonsense")
    with PlanSlot(gateway.places, writable=True) as slot:
        slot.store(2)
    with caplog.at_level(logging.ERROR):
        await client.send(GET * 3)
        for _ in range(3):
            assert (await client.answer())[1] == b"ok"
    assert [record.getMessage() for record in caplog.records] == [
        "revision 2 cannot be used; revision 1 stays in force"
    ]
    assert (gateway.context.serving, gateway.context.revision) == (1, 2)
