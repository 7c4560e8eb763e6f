"""Another try: only where it is safe, within the budget, and in time."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.proxy.one_request import BAD, GET, ask
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Gateway, Service, Stage

POST = b"POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 2\r\n\r\nhi"
TWO = "weights: {blue: 1}"


def sums(gateway: Gateway) -> tuple[int, int]:
    """Return attempts and retries, all services together."""
    from gateway.monitoring.tally import read

    _, counts = read(gateway.places.tally(0))
    return sum(count.attempts for count in counts), sum(count.retries for count in counts)


async def two_replicas(stage: Stage, one: Service, other: Service, route: str = TWO) -> Gateway:
    """Start a gateway whose only service has two replicas; the first is asked first."""
    return await stage.gateway(route, each="outliers: off", blue=f"{one.url}, {other.url}")


async def test_a_replica_that_cannot_do_its_work_is_not_the_last_word(stage: Stage) -> None:
    """What may be done twice goes to another replica after a 502, 503 or 504."""
    bad, good = await stage.service(BAD), await stage.service(OK)
    gateway = await two_replicas(stage, bad, good)
    for _ in range(4):
        assert await ask(stage, gateway) == (200, b"ok")
    assert (len(bad.requests), len(good.requests)) == (2, 4)
    assert (sums(gateway), gateway.outcomes()) == ((6, 2), {"ok": 4})


async def test_what_may_not_be_done_twice_is_answered_by_whom_it_was_sent_to(stage: Stage) -> None:
    """A POST has its one replica, whatever that says."""
    bad, good = await stage.service(BAD), await stage.service(OK)
    gateway = await two_replicas(stage, bad, good)
    answers = {await ask(stage, gateway, POST) for _ in range(4)}
    assert answers == {(200, b"ok"), (503, b"busy")}
    assert (len(bad.requests), len(good.requests)) == (2, 2)


@pytest.mark.parametrize("end", ["close", "reset", "garbage"])
async def test_a_replica_that_breaks_off_is_not_the_last_word(stage: Stage, end: str) -> None:
    """However it breaks off, as long as nothing of its answer has gone to the client."""
    bad, good = await stage.service(), await stage.service(OK)
    gateway = await two_replicas(stage, bad, good)
    asked = asyncio.ensure_future(ask(stage, gateway))
    peer = await bad.accepted()
    await peer.head()
    if end == "garbage":
        await peer.send(b"nonsense\r\n\r\n")
    elif end == "reset":
        peer.reset()
    else:
        await peer.leave()
    assert await asked == (200, b"ok")
    assert sums(gateway) == (2, 1)


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_post_is_never_sent_twice(stage: Stage, end: str) -> None:
    """The replica may have done it before it broke off."""
    bad, good = await stage.service(), await stage.service(OK)
    gateway = await two_replicas(stage, bad, good)
    asked = asyncio.ensure_future(ask(stage, gateway, POST))
    peer = await bad.accepted()
    await peer.head()
    if end == "reset":
        peer.reset()
    else:
        await peer.leave()
    assert (await asked)[0] == 502
    assert good.requests == []
    assert sums(gateway) == (1, 0)


async def test_an_answer_that_has_begun_is_not_begun_again(stage: Stage) -> None:
    """The client would get two beginnings: it is cut off instead."""
    bad, good = await stage.service(), await stage.service(OK)
    gateway = await two_replicas(stage, bad, good)
    client = await stage.client(gateway.port)
    await client.send(GET)
    peer = await bad.accepted()
    await peer.head()
    await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n1234")
    await client.head()
    await client.exactly(4)
    peer.reset()
    with pytest.raises(ConnectionResetError):
        await client.end()
    assert good.requests == []


async def test_a_try_that_takes_too_long_goes_elsewhere(stage: Stage) -> None:
    """After `per_try`, while `header` has long to go; the slow answer is nobody's any more."""
    slow, good, before = await stage.service(), await stage.service(OK), time.monotonic()
    gateway = await two_replicas(stage, slow, good, TWO + ", timeouts: {per_try: 1s, header: 60s}")
    asked = asyncio.ensure_future(ask(stage, gateway))
    peer = await slow.accepted()
    await peer.head()
    gateway.tick(after=0.5, since=before)
    assert good.requests == []
    gateway.tick(after=2)
    assert await asked == (200, b"ok")
    assert await peer.end() == b""


async def test_without_another_replica_a_slow_try_has_its_time(stage: Stage) -> None:
    """`per_try` alone fails nothing."""
    slow = await stage.service()
    gateway = await stage.gateway(TWO + ", timeouts: {per_try: 1s, header: 60s}", blue=slow)
    asked = asyncio.ensure_future(ask(stage, gateway))
    peer = await slow.accepted()
    await peer.head()
    gateway.tick(after=50)
    await peer.send(OK)
    assert await asked == (200, b"ok")


@pytest.mark.parametrize(("retries", "asked"), [(0, 1), (1, 2), (2, 3), (5, 3)])
async def test_so_many_replicas_are_asked(stage: Stage, retries: int, asked: int) -> None:
    """One and `retries` more, each another one; then the last answer stands."""
    bad = [await stage.service(BAD) for _ in range(3)]
    route = f"weights: {{blue: 1}}, retries: {retries}"
    gateway = await stage.gateway(route, each="outliers: off", blue=", ".join(one.url for one in bad))
    assert await ask(stage, gateway) == (503, b"busy")
    assert [len(one.requests) for one in bad].count(1) == asked
    assert sums(gateway) == (asked, asked - 1)


async def test_retries_never_become_a_storm(stage: Stage) -> None:
    """Where every replica fails, attempts stay within 1.2 times the requests and the few that are free."""
    bad, worse = await stage.service(BAD), await stage.service(BAD)
    gateway = await two_replicas(stage, bad, worse)
    client = await stage.client(gateway.port)
    for _ in range(200):
        await client.send(GET)
        assert (await client.answer())[1] == b"busy"
    attempts, retries = sums(gateway)
    assert attempts == len(bad.requests) + len(worse.requests) == 200 + retries
    assert 3 <= retries <= 40


async def test_a_reused_connection_that_was_closed_costs_nobody_an_answer(stage: Stage) -> None:
    """The race with a service's own idle time-out: the same replica is asked on a new connection."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    peer = await blue.accepted()
    await peer.head()
    await peer.send(OK)
    await client.answer()
    await client.send(GET)
    await peer.head()
    peer.reset()
    again = await blue.accepted()
    await again.head()
    await again.send(OK)
    assert (await client.answer())[1] == b"ok"
    await until(lambda: not gateway.context.exchanges)
    assert gateway.outcomes() == {"ok": 2}


async def test_a_retry_keeps_the_requests_id(stage: Stage) -> None:
    """So that both attempts can be found by it."""
    bad, good = await stage.service(BAD), await stage.service(OK)
    gateway = await two_replicas(stage, bad, good)
    client = await stage.client(gateway.port)
    await client.send(GET)
    head, _ = await client.answer()
    seen = {field(one.requests[0], "x-request-id") for one in (bad, good)}
    assert seen == {field(head, "x-request-id")}
