"""Streams of HTTP/2: requests with bodies, broken ones, and answers of every kind."""

from __future__ import annotations

import pytest

from gateway.proxy.http2_frames import CANCEL, INTERNAL_ERROR, NO_ERROR, PROTOCOL_ERROR
from gateway.routing.settings import Limits
from tests.proxy.http2_talk import GET, POST, Fields, http2, reset
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Stage
from tests.tls_files import Authority


def with_length(length: int) -> Fields:
    """Return a POST that announces so many bytes."""
    return [*POST, (b"content-length", b"%d" % length)]


async def test_a_body_of_known_length(stage: Stage, ca: Authority) -> None:
    """It passes with its length."""
    service = await stage.service(OK)
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        assert (await client.ask(1, with_length(3), b"abc")).body == b"ok"
    assert field(service.requests[0], "content-length") == "3"
    assert service.requests[0].endswith(b"\r\n\r\nabc")


async def test_a_body_of_unknown_length_is_chunked(stage: Stage, ca: Authority) -> None:
    """Piece by piece, as it comes; its trailers are not passed on."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, POST, ended=False), client.data(1, b"abc"))
        peer = await service.accepted()
        assert field(await peer.head(), "transfer-encoding") == "chunked"
        assert await peer.exactly(8) == b"3\r\nabc\r\n"
        client.write(client.data(1, b"d"), client.head(1, [(b"x-sum", b"1")]))
        assert await peer.exactly(11) == b"1\r\nd\r\n0\r\n\r\n"
        await peer.send(OK)
        assert (await client.answer(1)).body == b"ok"


async def test_a_request_is_whole_when_its_stream_ends(stage: Stage, ca: Authority) -> None:
    """All that was announced has come, yet the client goes on: the service gets no whole request."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, with_length(3), ended=False))
        peer = await service.accepted()
        await peer.head()
        client.write(client.data(1, b"ab"), client.data(1, b"c"))
        assert await peer.exactly(2) == b"ab"
        client.write(client.data(1, b"GET /admin HTTP/1.1\r\n", ended=True))
        assert (await client.answer(1)).reset == PROTOCOL_ERROR
        assert await peer.end() == b""


async def test_an_empty_request_is_whole_when_its_stream_ends(stage: Stage, ca: Authority) -> None:
    """With a length of 0 the head alone would be a whole request: it waits for the end."""
    service = await stage.service(OK)
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, with_length(0), ended=False), client.data(1, b"x", ended=True))
        assert (await client.answer(1)).reset == PROTOCOL_ERROR
        client.write(client.head(3, with_length(0), ended=False), client.data(3, b"", ended=True))
        assert (await client.answer(3)).body == b"ok"
    assert len(service.requests) == 1


async def test_a_short_body_is_no_request(stage: Stage, ca: Authority) -> None:
    """The stream ends before what was announced: the service sees the beginning and then the end."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, with_length(9), ended=False), client.data(1, b"abc"))
        peer = await service.accepted()
        await peer.head()
        client.write(client.data(1, b"d", ended=True))
        assert (await client.answer(1)).reset == PROTOCOL_ERROR
        assert await peer.end() == b"abc"
    await until(lambda: gateway.outcomes() == {"refused": 1, "disconnected": 1})


BROKEN: dict[str, Fields] = {
    "smuggled head": [*GET, (b"x", b"1\r\nhost: b")],
    "smuggled path": [*GET[:3], (b":path", b"/ HTTP/1.1\r\n\r\n")],
    "capital": [*GET, (b"X", b"1")],
    "connection": [*GET, (b"connection", b"close")],
    "chunked": [*POST, (b"transfer-encoding", b"chunked")],
    "other host": [*GET, (b"host", b"b.example")],
    "empty name": [*GET, (b"", b"")],
    "pseudo-field twice": [*GET, (b":path", b"/b")],
    "no authority": GET[:2] + GET[3:],
}


@pytest.mark.parametrize("fields", BROKEN.values(), ids=BROKEN)
async def test_a_broken_head_ends_its_stream_alone(stage: Stage, ca: Authority, fields: Fields) -> None:
    """No service hears of it, and other requests go on."""
    service = await stage.service(OK)
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        assert (await client.ask(1, fields)).reset == PROTOCOL_ERROR
        assert (await client.ask(3, GET)).body == b"ok"
    assert len(service.requests) == 1
    assert gateway.outcomes() == {"refused": 1, "ok": 1}


async def test_broken_trailers_end_the_stream(stage: Stage, ca: Authority) -> None:
    """The body's end is not told to the service."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, POST, ended=False), client.data(1, b"abc"))
        peer = await service.accepted()
        await peer.head()
        client.write(client.head(1, [(b":path", b"/b")]))
        assert (await client.answer(1)).reset == PROTOCOL_ERROR
        assert await peer.end() == b"3\r\nabc\r\n"


REFUSED: dict[str, tuple[Fields, bytes]] = {
    "CONNECT": ([(b":method", b"CONNECT"), (b":authority", b"a:443")], b"405"),
    "TRACE": ([(b":method", b"TRACE"), *GET[1:]], b"405"),
    "unknown method": ([(b":method", b"BREW"), *GET[1:]], b"501"),
    "dots": ([*GET[:3], (b":path", b"/../etc")], b"400"),
    "userinfo": ([*GET[:2], (b":authority", b"u@a.example"), GET[3]], b"400"),
    "long path": ([*GET[:3], (b":path", b"/" + b"a" * 9000)], b"414"),
    "many fields": ([*GET, *[(b"x", b"1")] * 120], b"431"),
    "large head": ([*GET, *[(b"x", b"a" * 1000)] * 40], b"431"),
    "expectation": ([*GET, (b"expect", b"200-maybe")], b"417"),
}


@pytest.mark.parametrize(("fields", "status"), REFUSED.values(), ids=REFUSED)
async def test_the_rules_of_http11_hold(stage: Stage, ca: Authority, fields: Fields, status: bytes) -> None:
    """What is well-formed in HTTP/2 meets the same strictness and is told the same."""
    service = await stage.service(OK)
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        answer = await client.ask(1, fields)
        assert (answer.status, answer.reset) == (status, None)
        assert (await client.ask(3, GET)).body == b"ok"
    assert len(service.requests) == 1


async def test_no_route(stage: Stage, ca: Authority) -> None:
    """The gateway's own answers pass like those of services."""
    gateway = await stage.gateway("path: /in, weights: {blue: 1}", blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        answer = await client.ask(1, GET)
    assert answer.status == b"404"
    assert answer.heads[0][b"content-type"] == b"application/problem+json"


async def test_an_answer_before_the_body_is_whole(stage: Stage, ca: Authority) -> None:
    """It is sent to its end; then the client is told to keep the rest (RFC 9113, 8.1)."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    gateway.context.limits = Limits(body=10)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, with_length(100), ended=False), client.data(1, b"abc"))
        assert (await client.answer(1)).status == b"413"
        while client.answers[1].reset is None:
            assert await client.next()
        assert client.answers[1].reset == NO_ERROR
        client.write(client.data(1, b"def"))  # it may not have heard yet
        assert (await client.ask(3, GET)).body == b"ok"


async def test_interim_answers_come_first(stage: Stage, ca: Authority) -> None:
    """A hint of what will be needed is worth most early."""
    hint = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    gateway = await stage.gateway(blue=await stage.service(hint + OK))
    async with http2(gateway, ca) as client:
        answer = await client.ask(1, GET)
    assert [head[b":status"] for head in answer.heads] == [b"103", b"200"]
    assert answer.heads[0][b"link"] == b"</a>"
    assert answer.body == b"ok"


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (b"HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"),
        (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n"),
        (b"GET", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    ],
)
async def test_answers_without_a_body(stage: Stage, ca: Authority, method: bytes, said: bytes) -> None:
    """They end with their head."""
    gateway = await stage.gateway(blue=await stage.service(said))
    async with http2(gateway, ca) as client:
        for number in (1, 3):
            answer = await client.ask(number, [(b":method", method), *GET[1:]])
            assert (answer.status, answer.body, answer.reset) == (said[9:12], b"", None)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nconnection: close\r\n\r\nabcde",
    ],
)
async def test_answers_of_unknown_length(stage: Stage, ca: Authority, said: bytes) -> None:
    """Chunks are no more, nor is an end that only the connection's end tells."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, GET))
        peer = await service.accepted()
        await peer.head()
        await peer.send(said)
        await peer.close() if b"1.0" in said else None
        answer = await client.answer(1)
    assert (answer.body, answer.reset) == (b"abcde", None)
    assert b"transfer-encoding" not in answer.heads[0]


async def test_answers_come_in_any_order(stage: Stage, ca: Authority) -> None:
    """A slow one holds up nobody."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, GET))
        slow = await service.accepted()
        await slow.head()
        client.write(client.head(3, GET))
        fast = await service.accepted()
        await fast.head()
        await fast.send(OK)
        assert (await client.answer(3)).body == b"ok"
        assert 1 not in client.answers
        await slow.send(OK)
        assert (await client.answer(1)).body == b"ok"


async def test_half_an_answer_is_cut(stage: Stage, ca: Authority) -> None:
    """The service died: the stream is reset, so that nobody takes it for whole, and others go on."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, GET))
        peer = await service.accepted()
        await peer.head()
        client.write(client.head(3, GET))
        other = await service.accepted()
        await other.head()
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc")
        while 1 not in client.answers or not client.answers[1].body:
            await client.next()
        peer.reset()
        answer = await client.answer(1)
        assert (answer.body, answer.reset) == (b"abc", INTERNAL_ERROR)
        await other.send(OK)
        assert (await client.answer(3)).body == b"ok"


async def test_a_cancelled_request_is_cancelled(stage: Stage, ca: Authority) -> None:
    """The service is told by the end of its connection."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, GET))
        peer = await service.accepted()
        await peer.head()
        client.write(reset(1, CANCEL))
        assert await peer.end() == b""
        client.write(client.head(3, GET))
        peer = await service.accepted()
        await peer.head()
        await peer.send(OK)
        assert (await client.answer(3)).body == b"ok"
    assert gateway.outcomes() == {"disconnected": 1, "ok": 1}
