"""Every limit of routing.yaml at work: what goes beyond is answered and counted, and no service pays."""

from __future__ import annotations

import time

import pytest

from gateway.monitoring.tally import LIMITS, read
from gateway.routing.settings import Limits, Tls
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Gateway, Stage

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"


def hits(gateway: Gateway) -> dict[str, int]:
    """Return the limits that were gone beyond, with how often."""
    state, _ = read(gateway.places.tally(0))
    return {name: count for name, count in zip(LIMITS, state.hits, strict=True) if count}


@pytest.mark.parametrize(
    ("top", "request_", "status", "limit"),
    [
        ("limits: {head: 1KiB, url: 256}", GET[:-2] + b"x: " + b"a" * 1100 + b"\r\n\r\n", 431, "head"),
        ("limits: {head: 1KiB, url: 256}", GET[:-2] + b"x: " + b"a" * 1100, 431, "head"),
        ("limits: {fields: 3}", GET[:-2] + b"a: 1\r\nb: 2\r\nc: 3\r\n\r\n", 431, "fields"),
        ("limits: {url: 256}", GET.replace(b"/ ", b"/" + b"a" * 256 + b" "), 414, "url"),
        ("limits: {url: 256}", b"GET /" + b"a" * 400, 414, "url"),
        ("limits: {body: 10}", POST + b"content-length: 11\r\n\r\n", 413, "body"),
        ("limits: {body: 10}", POST + b"transfer-encoding: chunked\r\n\r\nb\r\n01234567890\r\n", 413, "body"),
        ("limits: {body: 0}", POST + b"content-length: 1\r\n\r\n1", 413, "body"),
    ],
)
async def test_a_request_beyond_a_limit_of_size_is_refused(
    stage: Stage, top: str, request_: bytes, status: int, limit: str
) -> None:
    """With the status of RFC 9110 or 6585, counted by the limit's name, and no service hears the whole."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(top=top, blue=blue)
    client = await stage.client(gateway.port)
    await client.send(request_)
    head, _ = await client.answer()
    assert head.startswith(b"HTTP/1.1 %d " % status), head
    assert field(head, "connection") == "close"
    assert hits(gateway) == {limit: 1}
    assert blue.requests == []


@pytest.mark.parametrize(
    "request_",
    [
        POST + b"content-length: 10\r\n\r\n0123456789",
        POST + b"transfer-encoding: chunked\r\n\r\n4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n",
    ],
)
async def test_a_body_of_exactly_the_limit_passes(stage: Stage, request_: bytes) -> None:
    """The limit is the longest body that is taken; a second request may have as much again."""
    blue = await stage.service()
    gateway = await stage.gateway(top="limits: {body: 10}", blue=blue)
    client = await stage.client(gateway.port)
    for _ in range(2):
        await client.send(request_)
        service = blue.peers[0] if blue.peers else await blue.accepted()
        await service.head()
        await service.exactly(10) if b"length" in request_ else await service.chunks()
        await service.send(OK)
        assert (await client.answer())[0].startswith(b"HTTP/1.1 200 ")
    assert hits(gateway) == {}


async def test_a_chunked_body_that_grows_beyond_the_limit_is_cut_off(stage: Stage) -> None:
    """Its length shows only on the way: the client is told 413 and the service's connection is dropped."""
    blue = await stage.service()
    gateway = await stage.gateway(top="limits: {body: 10}", blue=blue)
    client = await stage.client(gateway.port)
    await client.send(POST + b"transfer-encoding: chunked\r\n\r\n6\r\n012345\r\n")
    service = await blue.accepted()
    await service.head()
    await client.send(b"6\r\n678901\r\n")
    assert (await client.answer())[0].startswith(b"HTTP/1.1 413 ")
    assert b"0\r\n\r\n" not in await service.end()
    assert hits(gateway) == {"body": 1}


async def test_a_connection_ends_after_so_many_requests(stage: Stage) -> None:
    """The last answer says so, and is a good one."""
    gateway = await stage.gateway(top="limits: {requests_per_connection: 2}", blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(GET)
    assert field((await client.answer())[0], "connection") is None
    await client.send(GET)
    head, body = await client.answer()
    assert (field(head, "connection"), body) == ("close", b"ok")
    assert await client.end() == b""
    assert hits(gateway) == {"requests_per_connection": 1}


async def test_a_body_that_stops_coming_is_408(stage: Stage) -> None:
    """Counted from its last byte, however long it takes in all."""
    before, within = time.monotonic(), Limits().body_timeout
    gateway = await stage.gateway(blue=await stage.service())
    client = await stage.client(gateway.port)
    await client.send(POST + b"content-length: 10\r\n\r\n12")
    await until(lambda: gateway.context.exchanges)
    gateway.tick(after=within - 1, since=before)
    await client.send(b"3")
    (held,) = gateway.clients
    await until(lambda: held._body_since == gateway.context.now)
    gateway.tick(after=within + 1, since=before)
    gateway.tick(after=2 * within - 2, since=before)
    assert gateway.context.exchanges
    gateway.tick(after=2 * within + 1, since=before)
    assert (await client.answer())[0].startswith(b"HTTP/1.1 408 ")
    assert hits(gateway) == {"body_timeout": 1}


async def test_a_rate_limit_counts_each_caller_alone(stage: Stage) -> None:
    """429 with Retry-After beyond the burst; another key is not concerned, nor is the connection closed."""
    route = "weights: {blue: 1}, rate_limit: {requests: 1, per: 1h, burst: 2, by: {header: x-key}}"
    gateway = await stage.gateway(route, blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    statuses = []
    for key in (b"a", b"a", b"a", b"b", b"a"):
        await client.send(GET[:-2] + b"x-key: %b\r\n\r\n" % key)
        head, _ = await client.answer()
        statuses.append(int(head[9:12]))
        assert (field(head, "retry-after") is not None) == (statuses[-1] == 429)
    assert statuses == [200, 200, 429, 200, 429]
    assert hits(gateway) == {"rate": 2}


async def test_a_route_without_a_key_has_one_rate_for_all(stage: Stage) -> None:
    """Whatever they send."""
    route = "weights: {blue: 1}, rate_limit: 1/h"
    gateway = await stage.gateway(route, blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(GET)
    assert (await client.answer())[1] == b"ok"
    other = await stage.client(gateway.port)
    await other.send(GET)
    head, _ = await other.answer()
    assert head.startswith(b"HTTP/1.1 429 ")
    assert 3590 < int(field(head, "retry-after") or 0) <= 3601


async def test_beyond_its_concurrency_a_service_queues_then_refuses(stage: Stage) -> None:
    """One in flight, one in the queue, the third is 503 at once; the queued one is answered in turn."""
    blue = await stage.service()
    gateway = await stage.gateway(each="concurrency: 1, queue: {size: 1, wait: 600s}", blue=blue)
    first, second, third = [await stage.client(gateway.port) for _ in range(3)]
    await first.send(GET)
    service = await blue.accepted()
    await service.head()
    await second.send(GET)
    await until(lambda: any(one.exchange and one.exchange._queued for one in gateway.clients))
    await third.send(GET)
    head, _ = await third.answer()  # not after the 600 s of the queue; `make chaos` holds it to 5 ms
    assert (head[9:12], field(head, "retry-after")) == (b"503", "1")
    await service.send(OK)
    assert (await first.answer())[1] == b"ok"
    await service.head()
    await service.send(OK)
    assert (await second.answer())[1] == b"ok"
    assert hits(gateway) == {"concurrency": 1}


async def test_who_waits_in_the_queue_for_too_long_is_refused(stage: Stage) -> None:
    """So that a queue shortens waits rather than making them."""
    blue = await stage.service()
    gateway = await stage.gateway(each="concurrency: 1, queue: {size: 9, wait: 10ms}", blue=blue)
    first, second = [await stage.client(gateway.port) for _ in range(2)]
    await first.send(GET)
    await blue.accepted()
    await second.send(GET)
    assert (await second.answer())[0].startswith(b"HTTP/1.1 503 ")
    assert hits(gateway) == {"queue_timeout": 1}


async def test_a_client_that_leaves_the_queue_takes_nobodys_place(stage: Stage) -> None:
    """The place that becomes free goes to the next that is still there."""
    blue = await stage.service()
    gateway = await stage.gateway(each="concurrency: 1, queue: {size: 9, wait: 20s}", blue=blue)
    first, leaver, third = [await stage.client(gateway.port) for _ in range(3)]
    await first.send(GET)
    service = await blue.accepted()
    await service.head()
    for waiting, client in enumerate((leaver, third)):
        await client.send(GET)
        await until(lambda wanted=waiting + 2: len(gateway.context.exchanges) == wanted)  # type: ignore[misc]
    leaver.reset()
    await until(lambda: len(gateway.context.exchanges) == 2)
    await service.send(OK)
    await first.answer()
    await service.head()
    await service.send(OK)
    assert (await third.answer())[1] == b"ok"
    assert gateway.outcomes() == {"ok": 2, "disconnected": 1}


async def test_nobody_is_sent_to_a_port_that_is_not_open(stage: Stage) -> None:
    """Saved without a reload, `redirect` waits for the listener."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    gateway.context._set(Limits(), Tls("127.0.0.1:8443", (), redirect=True))
    client = await stage.client(gateway.port)
    await client.send(GET)
    assert (await client.answer())[1] == b"ok"


async def test_plain_http_is_sent_to_https(stage: Stage) -> None:
    """308 keeps method and body; the port of the TLS listener replaces that of the Host header."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    gateway.context.tls = Tls("127.0.0.1:8443", (), redirect=True)
    gateway.context.listens_for_tls(8443)
    client = await stage.client(gateway.port)
    await client.send(b"GET /a?b=c HTTP/1.1\r\nHost: example.org:8080\r\n\r\n")
    head = await client.head()
    assert head.startswith(b"HTTP/1.1 308 ")
    assert field(head, "location") == "https://example.org:8443/a?b=c"
    assert hits(gateway) == {"redirect": 1}


def test_every_limit_has_a_counter() -> None:
    """By the name that routing.yaml gives it."""
    named = {"drain_timeout"}  # ends nothing before its time
    assert set(Limits.__slots__) - named <= set(LIMITS)
