"""The answer's half: framed anew for the client, streamed, never whole where it is not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from tests.proxy.exchanges import EMPTY, GET, KEPT, at_rest, ended, request
from tests.proxy.peer import OK, Peer, field, fields, until
from tests.proxy.stage import Stage


async def answered(stage: Stage, answer: bytes, sent: bytes = GET) -> bytes:
    """Return all that a client gets when the service says this and closes."""
    _, _, client, service = await stage.exchange(sent)
    await service.send(answer)
    await service.leave()
    client.half_close()
    return await client.end()


async def test_an_answer_passes_as_it_was_written_less_its_hop_by_hop_fields(stage: Stage) -> None:
    """Status, reason, order and repeats are the service's; a date is added where it has none."""
    got = await answered(
        stage,
        b"HTTP/1.1 418 I am\r\nSet-Cookie: a\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
        b"Set-Cookie: b\r\nContent-Length: 0\r\n\r\n",
    )
    assert got.startswith(
        b"HTTP/1.1 418 I am\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\nx-model"
    )
    assert fields(got, "date")
    assert not fields(got, "x-hop") + fields(got, "keep-alive")


async def test_a_service_s_own_date_stays(stage: Stage) -> None:
    """There is one date in every answer."""
    got = await answered(stage, b"HTTP/1.1 200 OK\r\nDate: then\r\nContent-Length: 0\r\n\r\n")
    assert field(got, "date") == "then"


CHUNKED_ANSWER = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: v\r\n\r\n"
)


@pytest.mark.parametrize(
    "answer", [CHUNKED_ANSWER, b"HTTP/1.1 200 OK\r\n\r\nabcd", b"HTTP/1.0 200 OK\r\n\r\nabcd"]
)
async def test_answers_without_a_length_are_chunked_for_http11(stage: Stage, answer: bytes) -> None:
    """Anew, without extensions and trailers; those that end with the connection too."""
    got = await answered(stage, answer)
    head, _, body = got.partition(b"\r\n\r\n")
    assert (field(head, "transfer-encoding"), field(head, "connection")) == ("chunked", None)
    assert body.endswith(b"\r\n0\r\n\r\n")
    assert re.sub(rb"[0-9a-f]+\r\n(\w*)\r\n", rb"\1", body) == b"abcd"


@pytest.mark.parametrize("answer", [CHUNKED_ANSWER, b"HTTP/1.1 200 OK\r\n\r\nabcd"])
async def test_answers_without_a_length_end_with_the_connection_for_http10(
    stage: Stage, answer: bytes
) -> None:
    """HTTP/1.0 knows no chunks."""
    got = await answered(stage, answer, request("Connection: keep-alive\r\n", version="1.0"))
    head, _, body = got.partition(b"\r\n\r\n")
    assert (field(head, "transfer-encoding"), field(head, "connection"), body) == (None, "close", b"abcd")


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")]
)
@pytest.mark.parametrize("framing", ["Content-Length: 9", "Transfer-Encoding: chunked", "X: y"])
async def test_answers_that_have_no_body(stage: Stage, method: str, status: str, framing: str) -> None:
    """The next answer follows at once on both connections, whatever the fields say."""
    blue, _, client, service = await stage.exchange(request(method=method) + request())
    await service.send(f"HTTP/1.1 {status}\r\n{framing}\r\n\r\n".encode())
    head = await client.head()
    assert (head[9:12], field(head, "transfer-encoding")) == (status[:3].encode(), None)
    if framing == "X: y" and method == "HEAD":
        service = await blue.accepted()  # where nothing says how it would have ended, it is not kept
    await service.head()
    await service.send(OK)
    assert (await client.answer())[1] == b"ok"


async def test_204_has_no_length(stage: Stage) -> None:
    """RFC 9110, 8.6 forbids one, and some clients would wait for it."""
    got = await answered(stage, b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")
    assert field(got, "content-length") is None


async def test_interim_answers_are_passed_on_without_hop_by_hop_fields(stage: Stage) -> None:
    """As many as come, and only to clients that know them."""
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n"
    got = await answered(
        stage, interim + b"Connection: X-A\r\nX-A: b\r\nKeep-Alive: 1\r\n\r\n" + interim + b"\r\n" + OK
    )
    assert got.startswith(interim + b"\r\n" + interim + b"\r\nHTTP/1.1 200 OK\r\n")


async def test_http10_gets_no_interim_answers(stage: Stage) -> None:
    """It does not know them."""
    got = await answered(stage, b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK, request(version="1.0"))
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_an_answer_before_the_upload_ended_reaches_the_client(stage: Stage) -> None:
    """Then both connections close: what is still coming belongs to nobody."""
    _, gateway, client, service = await stage.exchange(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbegin"
    )
    await service.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
    head, body = await client.answer()
    assert (head[9:12], body, field(head, "connection")) == (b"413", b"no", "close")
    await client.send(b"more" + GET)
    assert await client.end() == b""
    assert await service.end() == b"begin"
    assert gateway.outcomes() == {"client_error": 1}


async def test_a_slow_reader_holds_the_service_back(stage: Stage) -> None:
    """The gateway keeps less than a few hundred KiB of an answer that is not read."""
    total = 64 * 1024 * 1024
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port, receive_buffer=4096, limit=1024)
    await client.send(GET)
    service = await blue.accepted()
    await service.head()
    await service.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % total)
    sending = asyncio.create_task(service.send(b"x" * total))
    held = gateway.clients[0]
    await until(lambda: not held.writable)
    stuck = service.writer.transport
    await at_rest(stuck.get_write_buffer_size)
    assert stuck.get_write_buffer_size() > total / 2
    assert held.transport.get_write_buffer_size() < KEPT
    sending.cancel()


Ending = Callable[[Peer], Awaitable[None]]


async def leave(service: Peer) -> None:
    """End the connection properly."""
    await service.leave()


async def reset(service: Peer) -> None:
    """End the connection with a reset."""
    service.reset()


@pytest.mark.parametrize("end", [leave, reset])
@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
async def test_a_service_that_leaves_before_its_answer_is_502(
    stage: Stage, end: Ending, begun: bytes
) -> None:
    """The answer says which service and where; a fresh connection is no reason to ask again."""
    blue, gateway, client, service = await stage.exchange(GET)
    await service.send(begun)
    await end(service)
    head, body = await client.answer()
    assert head[9:12] == b"502"
    assert blue.url.removeprefix("http://").encode() in body
    assert len(blue.peers) == 1
    assert gateway.outcomes() == {"bad_gateway": 1}


@pytest.mark.parametrize("end", [leave, reset])
@pytest.mark.parametrize("framing", [b"Content-Length: 10", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_half_an_answer_never_looks_whole(
    stage: Stage, end: Ending, framing: bytes, version: str
) -> None:
    """The client's connection is reset, which no client can take for an end."""
    _, gateway, client, service = await stage.exchange(request(version=version))
    await service.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n3\r\nabc\r\n")
    await client.head()
    await client.exactly(3)
    await end(service)
    rest, was_reset = await ended(client)
    assert was_reset
    assert b"0\r\n\r\n" not in rest
    assert gateway.outcomes() == {"bad_gateway": 1}


async def test_a_service_sets_no_session_of_the_admin_api(stage: Stage) -> None:
    """Its other cookies pass."""
    lines = b"Set-Cookie: gateway_session=s; Path=/\r\nset-cookie: a=b\r\n"
    gateway = await stage.gateway(blue=await stage.service(EMPTY[:-2] + lines + b"\r\n"))
    client = await stage.client(gateway.port)
    await client.send(GET)
    head, _ = await client.answer()
    assert b"gateway_session" not in head
    assert field(head, "set-cookie") == "a=b"
