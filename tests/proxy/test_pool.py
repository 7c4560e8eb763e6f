"""Replicas: chosen by least outstanding requests, taken out when they fail, brought back by probes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.proxy.pool import IDLE_TIMEOUT, PROBE_LAST, Backend, Endpoint
from gateway.routing.plan import UNITS, RoutingPlan
from tests.proxy.conftest import OK, Gateway, Peer, Service, Stage, field, until

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


async def statuses(client: Peer, count: int) -> set[bytes]:
    """Return the statuses of so many requests."""
    await client.send(GET * count)
    return {(await client.answer())[0][9:12] for _ in range(count)}


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


async def test_a_replica_that_closes_what_it_accepts_is_passed_over(stage: Stage) -> None:
    """A connection lost before anything was sent on it is used for nothing."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    endpoint = backend_of(gateway).endpoints[0]
    made = await endpoint.open(1.0)
    (await blue.accepted()).reset()
    await until(lambda: made.lost)
    endpoint.release(made)
    assert endpoint.idle == []


async def test_a_probe_brings_a_replica_back(stage: Stage) -> None:
    """Without any request; its connection is kept for the first one."""
    blue = stage.down(lambda _: OK)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    assert await statuses(client, 2) == {b"503"}
    endpoint = backend_of(gateway).endpoints[0]
    tick_later(gateway, 1)
    await until(lambda: not endpoint._probing)
    assert not endpoint.up
    await blue.listen()
    tick_later(gateway, 1 + 2 * PROBE_LAST)
    await until(lambda: backend_of(gateway).up)
    assert await statuses(client, 2) == {b"200"}
    assert len(blue.peers) == 1


async def test_probes_come_no_more_often_than_they_should(stage: Stage) -> None:
    """Not before their time, and one at a time."""
    gateway = await stage.gateway(blue=stage.down())
    await statuses(await stage.client(gateway.port), 1)
    endpoint = backend_of(gateway).endpoints[0]
    now = gateway.context.loop.time()
    endpoint.next_probe = now + 5
    endpoint.tick(now + 4)
    assert not endpoint._probing
    endpoint.tick(now + 6)
    assert endpoint._probing
    assert now + 6 < endpoint.next_probe <= now + 6 + PROBE_LAST
    await until(lambda: not endpoint._probing)


async def test_idle_connections_are_closed_before_the_service_does(stage: Stage) -> None:
    """The oldest first; those used since stay."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    await statuses(await stage.client(gateway.port), 1)
    endpoint = backend_of(gateway).endpoints[0]
    tick_later(gateway, IDLE_TIMEOUT - 1)
    assert len(endpoint.idle) == 1
    tick_later(gateway, IDLE_TIMEOUT + 1)
    assert endpoint.idle == []
    await until(blue.peers[0].reader.at_eof)


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


async def test_connecting_has_a_time_limit(stage: Stage) -> None:
    """A replica whose backlog is full is down after it."""
    blue = stage.down()
    blue.socket.listen(0)
    await stage.client(int(blue.url.rpartition(":")[2]))
    gateway = await stage.gateway(blue=blue)
    endpoint = backend_of(gateway).endpoints[0]
    with pytest.raises(TimeoutError):
        await endpoint.open(0.05)
    assert not endpoint.up
    assert str(endpoint) == blue.url.removeprefix("http://")


async def test_a_replica_may_answer_on_a_unix_socket(stage: Stage) -> None:
    """As those that the gateway supervises do."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    path = stage.folder / "r.sock"
    accepted: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
    server = await asyncio.start_unix_server(lambda _, writer: accepted.put_nowait(writer), path)
    endpoint = Endpoint(backend_of(gateway), gateway.context.pool._shared, str(path))
    made = await endpoint.open(1.0)
    assert str(endpoint) == str(path)
    made.close()
    (await accepted.get()).close()
    server.close()
    await until(lambda: made.lost)


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
