"""A client's connection: requests read one after another, answered in order, refused where they are wrong."""

from __future__ import annotations

import pytest

from tests.proxy.echoes import GET, echo, get, only_client
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Stage


async def test_a_connection_serves_one_request_after_another(stage: Stage) -> None:
    """The service's connection is kept as well."""
    blue = await stage.service(echo)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    for n in range(5):
        await client.send(get(f"/{n}"))
        head, body = await client.answer()
        assert (body, field(head, "connection")) == (b"/%d" % n, None)
    assert (len(blue.peers), len(blue.requests)) == (1, 5)
    assert gateway.outcomes() == {"ok": 5}


@pytest.mark.parametrize(
    ("version", "connection", "says", "stays"),
    [
        ("1.1", "", None, True),
        ("1.1", "connection: close\r\n", "close", False),
        ("1.0", "", "close", False),
        ("1.0", "connection: keep-alive\r\n", "keep-alive", True),
    ],
)
async def test_who_keeps_the_connection(
    stage: Stage, version: str, connection: str, says: str | None, stays: bool
) -> None:
    """HTTP/1.1 does unless told not to, HTTP/1.0 only where asked for it; the answer says which."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    client = await stage.client(gateway.port)
    await client.send(get("/a", connection, version))
    head, body = await client.answer()
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (body, field(head, "connection")) == (b"/a", says)
    if stays:
        await client.send(get("/b"))
        assert (await client.answer())[1] == b"/b"
    else:
        assert await client.end() == b""


async def test_pipelined_requests_in_one_packet_are_answered_in_order(stage: Stage) -> None:
    """However many, one at a time on one connection to the service."""
    blue = await stage.service(echo)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(b"".join(get(f"/{n}") for n in range(500)))
    assert [(await client.answer())[1] for _ in range(500)] == [b"/%d" % n for n in range(500)]
    assert len(blue.peers) == 1
    assert gateway.outcomes() == {"ok": 500}


async def test_a_slow_reader_gets_all_its_pipelined_answers(stage: Stage) -> None:
    """While it does not read, neither the answers nor the requests pile up in the gateway."""
    body = b"x" * 200_000
    blue = await stage.service(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port, receive_buffer=4096, limit=1024)
    await client.send(GET * 100)
    held = await only_client(gateway)
    await until(lambda: not held.writable)
    assert held.transport.get_write_buffer_size() < 1024 * 1024
    assert len(blue.requests) < 100
    for _ in range(100):
        assert (await client.answer())[1] == body
    assert gateway.outcomes() == {"ok": 100}


async def test_a_half_closed_client_gets_every_answer_it_asked_for(stage: Stage) -> None:
    """Saying that nothing more comes is not leaving; the connection closes behind the last answer."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    client = await stage.client(gateway.port)
    await client.send(get("/1") + get("/2") + get("/3"))
    client.half_close()
    assert [(await client.answer())[1] for _ in range(3)] == [b"/1", b"/2", b"/3"]
    assert await client.end() == b""


async def test_a_client_that_leaves_in_its_request_frees_the_service(stage: Stage) -> None:
    """The half request is cut at the service too, and counted."""
    _, gateway, client, service = await stage.exchange(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"
    )
    client.half_close()
    assert await service.end() == b"half"
    await until(lambda: gateway.outcomes() == {"disconnected": 1})
    assert not gateway.context.exchanges


async def test_a_client_that_leaves_before_its_answer_frees_the_service(stage: Stage) -> None:
    """The service's connection is not used again."""
    _, gateway, client, service = await stage.exchange(GET)
    client.reset()
    assert await service.end() == b""
    await until(lambda: gateway.outcomes() == {"disconnected": 1})


async def test_a_broken_chunk_cuts_the_request_at_the_service(stage: Stage) -> None:
    """The client learns why; the service never sees a whole request."""
    _, gateway, client, service = await stage.exchange(
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    )
    await client.send(b"nonsense\r\n")
    head, _ = await client.answer()
    assert head.startswith(b"HTTP/1.1 400 ")
    assert await service.end() == b"3\r\nabc\r\n"
    assert gateway.outcomes() == {"refused": 1}


async def test_while_draining_answers_close_their_connections(stage: Stage) -> None:
    """Idle ones close at once."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    idle, busy = await stage.client(gateway.port), await stage.client(gateway.port)
    await busy.send(GET)
    service = await blue.accepted()
    await service.head()
    gateway.context.draining = True
    gateway.tick()
    assert await idle.end() == b""
    await service.send(OK)
    _, body = await busy.answer()
    assert body == b"ok"
    assert await busy.end() == b""


async def test_every_request_is_counted_exactly_once(stage: Stage) -> None:
    """The sum of the outcomes is the number of requests, whatever became of them."""
    statuses = iter((b"200 OK", b"404 Not Found", b"503 Busy", b"200 OK"))
    answer = b"HTTP/1.1 %b\r\ncontent-length: 0\r\n\r\n"
    gateway = await stage.gateway(blue=await stage.service(lambda _: answer % next(statuses)))
    client = await stage.client(gateway.port)
    await client.send(GET * 4 + b"broken\r\n\r\n")
    for _ in range(5):
        await client.answer()
    assert gateway.outcomes() == {"ok": 2, "client_error": 1, "server_error": 1, "refused": 1}


async def test_the_peer_is_named_plainly(stage: Stage) -> None:
    """`x-forwarded-for` has its address alone, whatever it claims."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(get("/", "x-forwarded-for: 6.6.6.6\r\n"))
    await client.answer()
    assert field(blue.requests[0], "x-forwarded-for") == "127.0.0.1"


async def test_a_worker_that_is_full_lets_the_longest_idle_go(stage: Stage) -> None:
    """What the system lets it open is a limit as those of routing.yaml are."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    gateway.context.most_clients = 1
    first = await stage.client(gateway.port)
    await first.send(get("/1"))
    assert (await first.answer())[1] == b"/1"
    second = await stage.client(gateway.port)
    await second.send(get("/2"))
    assert (await second.answer())[1] == b"/2"
    assert await first.end() == b""
