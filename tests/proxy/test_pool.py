"""Replicas: chosen by least outstanding requests, taken out when they fail, brought back by probes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.routing.plan import UNITS, RoutingPlan
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Service, Stage
from tests.proxy.staged import GET, backend_of, one, probed_until, statuses, tick_later, urls
from tests.waiting import BOUND


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
    await probed_until(gateway, lambda: backend_of(gateway).before is None)
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
    late = await backend.endpoints[0].open(BOUND)
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
    await probed_until(gateway, lambda: gateway.context.pool._backends["teal"].proven)
    await client.send(GET)
    head, _ = await client.answer()
    assert field(head, "x-model-version") == "teal"
    await new.close()
    await until(lambda: not gateway.context.pool._backends["teal"].endpoints[0].idle)
    assert await statuses(client, 1) == {b"503"}, "once it has answered, it alone is stable"


BAD = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"


async def test_a_replica_of_two_that_fails_is_ejected(stage: Stage) -> None:
    """Five of its answers in a row were 500; then it is left alone, and comes back after its time."""
    good, bad = await stage.service(OK), await stage.service(BAD)
    gateway = await stage.gateway(blue=urls(good, bad), each="outliers: {failures: 5, ejection: 10s}")
    client = await stage.client(gateway.port)
    answers = [(await one(client, POST)) for _ in range(50)]
    assert answers.count(b"500") == len(bad.requests) == 5
    assert {state["state"] for state in gateway.context.pool.states()} == {"up", "ejected"}
    tick_later(gateway, 10.5)
    assert {state["state"] for state in gateway.context.pool.states()} == {"up", "warming"}
    tick_later(gateway, 21)
    answers = [(await one(client, POST)) for _ in range(50)]
    assert answers.count(b"500") == 5


async def test_a_replica_that_hangs_is_passed_over(stage: Stage) -> None:
    """Found by checks alone; all its service's requests go to the other."""
    hanging, good = await stage.service(), await stage.service(OK)
    gateway = await stage.gateway(
        blue=urls(hanging, good), each="health: {path: /, interval: 10s, timeout: 5s}"
    )
    backend = backend_of(gateway)
    first, second = (endpoint._check for endpoint in backend.endpoints)
    assert first is not None
    assert second is not None
    for later in range(36):
        tick_later(gateway, later)
        await until(lambda: first._connecting is None and not second.in_flight)
    assert [endpoint.state for endpoint in backend.endpoints] == ["unwell", "up"]
    good.requests.clear()
    assert await statuses(await stage.client(gateway.port), 20) == {b"200"}
    assert len([request for request in good.requests if b"gateway-health" not in request]) == 20


async def test_where_no_replica_is_well_all_are_asked(stage: Stage) -> None:
    """The health check may be what is broken, and a 503 of the gateway's own would help nobody."""
    replicas = [await stage.service(OK) for _ in range(2)]
    gateway = await stage.gateway(blue=urls(*replicas))
    for endpoint in backend_of(gateway).endpoints:
        endpoint.set_well(False, "a test")
    assert await statuses(await stage.client(gateway.port), 20) == {b"200"}
    assert [len(replica.requests) for replica in replicas] == [10, 10]


async def test_a_replica_that_comes_back_is_used_more_and_more(stage: Stage) -> None:
    """A tenth of its share at first, all of it in the end."""
    steady, fresh = await stage.service(OK), stage.down(lambda _: OK)
    gateway = await stage.gateway(blue=urls(steady, fresh), each="slow_start: 10s")
    client = await stage.client(gateway.port)
    await statuses(client, 2)
    await fresh.listen()
    endpoint = backend_of(gateway).endpoints[1]
    await probed_until(gateway, lambda: endpoint.up)
    seen, shares = 0, []
    for second in range(11):
        gateway.context.pool.tick(endpoint._warming_since + second)
        assert await statuses(client, 200) == {b"200"}
        shares.append((len(fresh.requests) - seen) / 100)
        seen = len(fresh.requests)
    expected = [0.1, *(second / 10 for second in range(1, 11))]
    assert shares == pytest.approx(expected, abs=0.04)


async def test_a_service_that_fails_is_given_a_rest(stage: Stage) -> None:
    """Its breaker answers in its place, then one request tries it."""
    answers = {"now": BAD}
    blue = await stage.service(lambda _: answers["now"])
    gateway = await stage.gateway(
        blue=blue, each="breaker: {errors: 50, requests: 10, within: 10s, open: 5s}"
    )
    client = await stage.client(gateway.port)
    assert [await one(client, POST) for _ in range(12)] == [b"500"] * 10 + [b"503"] * 2
    assert [state["breaker"] for state in gateway.context.pool.states()] == ["open"]
    answers["now"] = OK
    gateway.context.now += 6
    assert [await one(client, POST) for _ in range(3)] == [b"200"] * 3
    assert [state["breaker"] for state in gateway.context.pool.states()] == ["closed"]
    assert len(blue.requests) == 13


async def test_the_states_of_all_replicas_are_told(stage: Stage) -> None:
    """And whether any changed since, whatever it was: also that a service came or went."""
    alive, dead = await stage.service(OK), stage.down()
    gateway = await stage.gateway(blue=urls(alive, dead))
    pool, seen = gateway.context.pool, [gateway.context.pool.changed]
    client = await stage.client(gateway.port)
    await statuses(client, 2)
    names = [service.url.removeprefix("http://") for service in (alive, dead)]
    told = [("up", ""), ("down", "Connection refused")]
    assert pool.states() == [
        {"service": "blue", "replica": name, "state": state, "reason": why, "outstanding": 0, "breaker": ""}
        for name, (state, why) in zip(names, told, strict=True)
    ]
    seen.append(pool.changed)
    await statuses(client, 20)
    assert pool.changed == seen[-1]
    gateway.change(moved(alive))
    await statuses(client, 1)
    seen.append(pool.changed)
    assert len(pool.states()) == 1
    pool.keep_only([])
    seen.append(pool.changed)
    assert pool.states() == []
    assert seen == sorted(set(seen))
