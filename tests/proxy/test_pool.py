"""Replicas: chosen by least outstanding requests, taken out when they fail, brought back by probes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.routing.plan import UNITS, RoutingPlan
from tests.proxy.conftest import OK, Service, Stage, field, until
from tests.proxy.staged import GET, backend_of, statuses, tick_later, urls


async def test_requests_go_to_the_replica_with_the_fewest_outstanding(stage: Stage) -> None:
    """A slow replica gets no more than it can hold while another is free."""
    slow, quick = await stage.service(), await stage.service(OK)
    gateway = await stage.gateway(blue=urls(slow, quick))
    clients = [await stage.client(gateway.port) for _ in range(2)]
    for client in clients:
        await client.send(GET)
    stuck = await slow.accepted()
    await stuck.head()
    await until(lambda: len(quick.requests) == 1)
    third = await stage.client(gateway.port)
    assert await statuses(third, 20) == {b"200"}
    assert len(quick.requests) == 21
    assert sorted(endpoint.outstanding for endpoint in backend_of(gateway).endpoints) == [0, 1]


async def test_equally_busy_replicas_take_turns(stage: Stage) -> None:
    """One request at a time is spread evenly."""
    replicas = [await stage.service(OK) for _ in range(3)]
    gateway = await stage.gateway(blue=urls(*replicas))
    assert await statuses(await stage.client(gateway.port), 30) == {b"200"}
    assert [len(replica.requests) for replica in replicas] == [10, 10, 10]


async def test_a_dead_replica_of_two_costs_no_request(stage: Stage) -> None:
    """Whoever found it dead had sent nothing yet and goes to the other."""
    alive, dead = await stage.service(OK), stage.down()
    gateway = await stage.gateway(blue=urls(dead, alive))
    assert await statuses(await stage.client(gateway.port), 50) == {b"200"}
    assert gateway.outcomes() == {"ok": 50}
    assert sorted(endpoint.up for endpoint in backend_of(gateway).endpoints) == [False, True]


def moved(service: Service) -> Callable[[RoutingPlan], RoutingPlan]:
    """Return the change that has blue answered elsewhere."""
    return lambda plan: replace(plan, services=tuple(replace(s, urls=(service.url,)) for s in plan.services))


async def test_a_service_that_moves_keeps_answering(stage: Stage) -> None:
    """From where it was until a new replica answers; then its old connections close."""
    old, new = await stage.service(OK), stage.down(lambda _: OK)
    gateway = await stage.gateway(blue=old)
    client = await stage.client(gateway.port)
    assert await statuses(client, 3) == {b"200"}
    gateway.change(moved(new))
    assert await statuses(client, 3) == {b"200"}
    assert (len(old.requests), new.requests) == (6, [])
    await new.listen()
    tick_later(gateway, 1)
    await until(lambda: backend_of(gateway).before is None)
    assert await statuses(client, 3) == {b"200"}
    assert (len(old.requests), len(new.requests)) == (6, 3)
    await until(old.peers[0].reader.at_eof)
    assert gateway.outcomes() == {"ok": 9}


async def test_a_request_in_flight_ends_where_it_began(stage: Stage) -> None:
    """Its service may leave the plan meanwhile; its connection is then not kept."""
    old, new = await stage.service(), await stage.service(OK)
    gateway = await stage.gateway(blue=old)
    busy, other = await stage.client(gateway.port), await stage.client(gateway.port)
    await busy.send(GET)
    service = await old.accepted()
    await service.head()
    gateway.change(moved(new))
    assert await statuses(other, 2) == {b"200"}
    await service.send(OK)
    assert (await busy.answer())[1] == b"ok"
    assert await service.end() == b""


async def test_a_service_that_left_the_plan_is_let_go(stage: Stage) -> None:
    """Its idle connections close, and a probe that comes late keeps none."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    await statuses(await stage.client(gateway.port), 1)
    backend = backend_of(gateway)
    gateway.context.pool.keep_only([])
    await until(blue.peers[0].reader.at_eof)
    late = await backend.endpoints[0].open(1.0)
    backend.endpoints[0].release(late)
    assert backend.endpoints[0].idle == []
    await until(lambda: late.lost)


def replaced(service: Service) -> Callable[[RoutingPlan], RoutingPlan]:
    """Return the change that makes a service of another name the only one, and stable."""

    def change(plan: RoutingPlan) -> RoutingPlan:
        teal = replace(plan.services[0], name="teal", urls=(service.url,))
        route = replace(plan.routes[0], stable="teal", weights=(("teal", UNITS),))
        return replace(plan, services=(teal,), routes=(route,))

    return change


async def test_who_was_stable_answers_until_the_new_stable_does(stage: Stage) -> None:
    """A new service takes a while to start; nobody hears of that, and the answer says who gave it."""
    old, new = await stage.service(OK), stage.down(lambda _: OK)
    gateway = await stage.gateway(blue=old)
    client = await stage.client(gateway.port)
    assert await statuses(client, 2) == {b"200"}
    gateway.change(replaced(new))
    await client.send(GET)
    head, _ = await client.answer()
    assert field(head, "x-model-version") == "blue"
    await new.listen()
    tick_later(gateway, 1)
    await until(lambda: gateway.context.pool._backends["teal"].proven)
    await client.send(GET)
    head, _ = await client.answer()
    assert field(head, "x-model-version") == "teal"
    await new.close()
    await until(lambda: not gateway.context.pool._backends["teal"].endpoints[0].idle)
    assert await statuses(client, 1) == {b"503"}, "once it has answered, it alone is stable"
