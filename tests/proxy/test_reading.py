"""How requests are read off a connection: wherever they are cut, in time, and no more than may wait."""

from __future__ import annotations

import asyncio
import time

import pytest

from gateway.proxy.server import MAX_WAITING
from gateway.routing.settings import Limits
from tests.proxy.echoes import GET, echo, get, only_client
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Service, Stage

HEAD_TIMEOUT, KEEP_ALIVE_TIMEOUT = Limits().head_timeout, Limits().keep_alive_timeout


async def test_more_pipelined_requests_than_may_wait_hold_the_client_back(stage: Stage) -> None:
    """Memory stays bounded while the service thinks; nothing is lost."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    pad = "x-pad: " + "p" * 2000 + "\r\n"
    count = 20 * MAX_WAITING // 2000
    sending = asyncio.create_task(client.send(b"".join(get(f"/{n}", pad) for n in range(count))))
    service = await blue.accepted()
    first = await service.head()
    held = gateway.clients[0]
    await until(lambda: held._paused)
    assert len(held._waiting) < MAX_WAITING + 512 * 1024
    await service.send(echo(first))
    for _ in range(count - 1):
        await service.send(echo(await service.head()))
    assert [(await client.answer())[1] for _ in range(count)] == [b"/%d" % n for n in range(count)]
    await sending


@pytest.mark.parametrize("cut", range(1, 120, 7))
async def test_pipelined_requests_may_be_cut_anywhere(stage: Stage, cut: int) -> None:
    """Also behind a chunked body, also in the middle of a line end."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    stream = (
        b"POST /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        + get("/2")
        + b"POST /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nxy"
        + get("/4")
    )
    client = await stage.client(gateway.port)
    answering = asyncio.create_task(answer_with_path_and_body(blue))
    for start in range(0, len(stream), cut):
        await client.send(stream[start : start + cut])
        await asyncio.sleep(0)
    assert [(await client.answer())[1] for _ in range(4)] == [b"/1abc", b"/2", b"/3xy", b"/4"]
    answering.cancel()


async def answer_with_path_and_body(service: Service) -> None:
    """Answer every request on the first connection with its path and its body."""
    peer = await service.accepted()
    while True:
        head = await peer.head()
        if field(head, "transfer-encoding"):
            body = await peer.chunks()
        else:
            body = await peer.exactly(int(field(head, "content-length") or 0))
        said = head.split(b" ")[1] + body
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(said), said))


async def test_a_head_may_come_byte_by_byte(stage: Stage) -> None:
    """Each byte in a packet of its own."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    client = await stage.client(gateway.port)
    for byte in get("/slow", "x-a: b\r\n"):
        await client.send(bytes([byte]))
        await until(lambda: True)
    assert (await client.answer())[1] == b"/slow"


async def test_one_empty_line_before_a_request_is_overlooked(stage: Stage) -> None:
    """Some clients send one after a body (RFC 9112, 2.2)."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    client = await stage.client(gateway.port)
    await client.send(b"\r\n" + get("/1") + b"\r\n" + get("/2"))
    assert [(await client.answer())[1] for _ in range(2)] == [b"/1", b"/2"]


async def test_many_empty_lines_are_refused(stage: Stage) -> None:
    """Else a client could keep us busy with nothing."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    client = await stage.client(gateway.port)
    await client.send(b"\r\n" * 100_000)
    assert (await client.head()).startswith(b"HTTP/1.1 400 ")


async def test_a_slow_head_is_408(stage: Stage) -> None:
    """Time is counted from the head's first byte, however many more come."""
    gateway, before = await stage.gateway(blue=await stage.service(OK)), time.monotonic()
    client = await stage.client(gateway.port)
    await client.send(b"GET / HTTP/1.1\r\n")
    held = await only_client(gateway)
    await until(lambda: held._waiting)
    gateway.tick(after=HEAD_TIMEOUT - 1, since=before)
    await client.send(b"X: y\r\n")
    await until(lambda: held._waiting.endswith(b"y\r\n"))
    gateway.tick(after=HEAD_TIMEOUT + 1)
    assert (await client.answer())[0].startswith(b"HTTP/1.1 408 ")
    assert gateway.outcomes() == {"refused": 1}


async def test_an_idle_connection_is_closed_in_the_end(stage: Stage) -> None:
    """Without a word: there is no request to answer."""
    gateway, before = await stage.gateway(blue=await stage.service(OK)), time.monotonic()
    client = await stage.client(gateway.port)
    await client.send(GET)
    await client.answer()
    gateway.tick(after=KEEP_ALIVE_TIMEOUT - 1, since=before)
    await client.send(GET)
    await client.answer()
    gateway.tick(after=KEEP_ALIVE_TIMEOUT + 1)
    assert await client.end() == b""


async def test_a_client_that_never_reads_its_last_answer_is_cut_in_the_end(stage: Stage) -> None:
    """It would hold its connection and its buffer for ever."""
    body = b"x" * 8_000_000
    blue = await stage.service(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port, receive_buffer=4096, limit=1024)
    await client.send(get("/", "connection: close\r\n"))
    held = await only_client(gateway)
    await until(lambda: not held.writable)
    while held.exchange is not None:  # read until only the gateway's own buffer is left
        await client.reader.read(65536)
    await until(lambda: held.transport.is_closing())
    now = time.monotonic()
    gateway.tick(since=now)
    gateway.tick(after=Limits().body_timeout - 1, since=now)
    assert gateway.context.clients
    gateway.tick(after=Limits().body_timeout + 1, since=now)
    await until(lambda: not gateway.context.clients)
