"""One request on its way: what each side is sent, byte for byte, and what becomes of it when a side fails."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proxy.exchanges import EMPTY, GET, KEPT, at_rest, ended, request, shares
from tests.proxy.peer import OK, Peer, field, until
from tests.proxy.stage import Service, Stage
from tests.waiting import BOUND


async def test_a_request_id_is_fresh_and_the_same_on_both_sides(stage: Stage) -> None:
    """The service's own is dropped."""
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nX-Request-Id: own\r\nX-Model-Version: own\r\n\r\n"
    blue = await stage.service(answer)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET * 3)
    heads = [await client.head() for _ in range(3)]
    ids = [field(head, "x-request-id") for head in heads]
    assert ids == [field(sent, "x-request-id") for sent in blue.requests]
    assert len(set(ids)) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", found or "") for found in ids)
    assert [field(head, "x-model-version") for head in heads] == ["blue"] * 3


async def test_a_service_that_has_not_read_the_whole_upload_is_not_used_again(stage: Stage) -> None:
    """The next request would stand behind a body that the service may never read."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    sending = asyncio.create_task(client.send(request(method="POST", body=b"x" * 20_000_000)))
    service = await blue.accepted()
    service.writer.transport.pause_reading()  # type: ignore[attr-defined]
    held = next(iter(gateway.context.exchanges))
    await until(
        lambda: held._upstream is not None and held._upstream.transport.get_write_buffer_size() > 65536
    )
    await service.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
    assert (await client.answer())[0][9:12] == b"413"
    sending.cancel()
    await until(lambda: not gateway.context.exchanges)
    other = await stage.client(gateway.port)
    await other.send(GET)
    again = await blue.accepted()
    await again.head()


async def test_a_fresh_connection_is_held_back_behind_a_client_that_still_reads(stage: Stage) -> None:
    """A pipelined answer on a new connection to the service must not pile up either."""
    size = 32 * 1024 * 1024
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port, receive_buffer=4096, limit=1024)
    await client.send(GET * 2)
    first = await blue.accepted()
    await first.head()
    await first.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4000000\r\n\r\n")
    sending = asyncio.create_task(first.send(b"x" * 4_000_000))
    held = gateway.clients[0]
    await until(lambda: not held.writable)
    while len(blue.peers) < 2:  # read until the gateway has the whole first answer
        await client.reader.read(65536)
    second = await blue.accepted()
    await second.head()
    await second.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    more = asyncio.create_task(second.send(b"y" * size))
    stuck = second.writer.transport
    await at_rest(stuck.get_write_buffer_size)
    assert held.transport.get_write_buffer_size() < KEPT
    await sending
    more.cancel()


async def test_the_share_of_a_version_that_is_down_goes_to_stable(stage: Stage) -> None:
    """Counted as a fallback of the one and an answer of the other; nobody notices."""
    services = {"blue": await stage.service(OK), "canary": stage.down()}
    gateway = await stage.gateway("weights: {canary: 100, blue: 0}, stable: blue", **services)
    client = await stage.client(gateway.port)
    assert await shares(client, [GET] * 20) == ["blue"] * 20
    assert gateway.outcomes() == {"ok": 20, "fallback": 20}


async def test_when_stable_is_down_too_the_answer_is_503_at_once(stage: Stage) -> None:
    """It says which service, and the connection goes on."""
    gateway = await stage.gateway(
        "weights: {canary: 100, blue: 0}, stable: blue", blue=stage.down(), canary=stage.down()
    )
    client = await stage.client(gateway.port)
    await client.send(GET * 300 + request(method="HEAD") + request("connection: close\r\n"))
    for _ in range(300):
        head, body = await client.answer()
        assert (head[9:12], field(head, "content-type")) == (b"503", "application/problem+json")
        assert b'"service": "blue"' in body
        assert field(head, "x-request-id")
    assert (await client.head())[9:12] == b"503"
    assert (await client.answer())[0][9:12] == b"503"
    assert await client.end() == b""
    assert gateway.outcomes() == {"unavailable": 302, "fallback": 302}


async def test_an_upload_that_waited_for_a_replica_that_is_down_goes_to_another(stage: Stage) -> None:
    """Nothing was sent, so nothing is lost, also where the body is still coming."""
    blue, down = await stage.service(), stage.down()
    gateway = await stage.gateway(blue=f"{down.url}, {blue.url}")
    first = await stage.client(gateway.port)
    await first.send(GET)
    service = await blue.accepted()
    await service.head()
    await service.send(OK)
    await first.answer()
    (backend,) = gateway.context.pool._backends.values()
    next(endpoint for endpoint in backend.endpoints if not endpoint.up).answered()
    backend.endpoints.sort(key=lambda endpoint: len(endpoint.idle))
    client = await stage.client(gateway.port)
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst")
    await service.head()
    await client.send(b"other")
    assert await service.exactly(10) == b"firstother"
    await service.send(OK)
    assert (await client.answer())[1] == b"ok"


TIMEOUTS = "weights: {blue: 1}, timeouts: {connect: 20s, header: 5s, total: 20s}"


async def test_a_service_that_accepts_no_connection_is_given_up_in_time(stage: Stage) -> None:
    """A full backlog swallows connections; the answer is 503."""
    blue = stage.down()
    blue.socket.listen(0)
    fillers = [await stage.client(int(blue.url.rpartition(":")[2]))]
    gateway = await stage.gateway(TIMEOUTS.replace("connect: 20s", "connect: 200ms"), blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    assert (await client.answer())[0][9:12] == b"503"
    assert fillers
    assert gateway.outcomes() == {"unavailable": 1}


async def test_a_service_that_begins_no_answer_in_time_is_504(stage: Stage) -> None:
    """Its connection is cut, since an answer may still come on it."""
    blue, before = await stage.service(), time.monotonic()
    gateway = await stage.gateway(TIMEOUTS, blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    service = await blue.accepted()
    await service.head()
    gateway.tick(after=4, since=before)
    assert gateway.context.exchanges
    gateway.tick(after=6)
    head, body = await client.answer()
    assert head[9:12] == b"504"
    assert b"blue began no answer within 5 s" in body
    assert await service.end() == b""
    assert gateway.outcomes() == {"timeout": 1}


async def test_an_answer_that_takes_too_long_in_all_is_cut(stage: Stage) -> None:
    """What looks whole must be whole."""
    blue, before = await stage.service(), time.monotonic()
    gateway = await stage.gateway(TIMEOUTS, blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    service = await blue.accepted()
    await service.head()
    await service.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    await client.head()
    gateway.tick(after=19, since=before)
    assert gateway.context.exchanges
    gateway.tick(after=21)
    assert await ended(client) == (b"3\r\nabc\r\n", True)
    assert gateway.outcomes() == {"timeout": 1}


async def test_an_upload_that_never_ends_is_408_in_the_end(stage: Stage) -> None:
    """The total time counts, and it is not the service that failed: it would be ejected for its clients."""
    blue = await stage.service()
    gateway = await stage.gateway(TIMEOUTS, blue=blue)
    client = await stage.client(gateway.port)
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow")
    await (await blue.accepted()).head()
    gateway.tick(after=6)
    assert gateway.context.exchanges
    gateway.tick(after=21)
    head, _ = await client.answer()
    assert (head[9:12], field(head, "connection")) == (b"408", "close")
    assert gateway.outcomes() == {"refused": 1}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_a_kept_connection_found_closed_costs_nothing(stage: Stage, method: str) -> None:
    """What may be done twice is sent once more on a new connection."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    service = await warmed_up(client, blue)
    await client.send(request(method=method, body=b"x" if method == "PUT" else b""))
    await service.head()
    await service.leave()
    again = await blue.accepted()
    await again.head()
    await again.send(EMPTY)
    assert (await client.head())[9:12] == b"200"
    assert gateway.outcomes() == {"ok": 2}


async def warmed_up(client: Peer, blue: Service) -> Peer:
    """Have one request answered; return the service's connection, which is kept."""
    await client.send(GET)
    service = await blue.accepted()
    await service.head()
    await service.send(OK)
    await client.answer()
    return service


async def test_it_is_sent_once_more_only(stage: Stage) -> None:
    """The second failure is the client's 502."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    service = await warmed_up(client, blue)
    await client.send(GET)
    await service.head()
    await service.leave()
    again = await blue.accepted()
    await again.head()
    await again.leave()
    assert (await client.answer())[0][9:12] == b"502"
    assert len(blue.peers) == 2
    assert gateway.outcomes() == {"ok": 1, "bad_gateway": 1}


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_post_is_never_sent_twice(stage: Stage, method: str) -> None:
    """The service may have acted on it before it closed."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    service = await warmed_up(client, blue)
    await client.send(request(method=method, body=b"x"))
    await service.head()
    await service.leave()
    assert (await client.answer())[0][9:12] == b"502"
    assert len(blue.peers) == 1


async def test_a_malformed_answer_on_a_kept_connection_is_not_asked_for_again(stage: Stage) -> None:
    """It is an answer, if a bad one; only silence is repeated."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    service = await warmed_up(client, blue)
    await client.send(GET)
    await service.head()
    await service.send(b"nonsense\r\n\r\n")
    assert (await client.answer())[0][9:12] == b"502"
    assert len(blue.peers) == 1


async def test_a_closed_idle_connection_is_not_used(stage: Stage) -> None:
    """Not even for a POST: its end is seen before the next request."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    service = await warmed_up(client, blue)
    await service.leave()
    (backend,) = gateway.context.pool._backends.values()
    await until(lambda: not backend.endpoints[0].idle)
    await client.send(request(method="POST", body=b"x"))
    again = await blue.accepted()
    await again.head()
    await again.send(OK)
    assert (await client.answer())[1] == b"ok"


TOKEN = st.text("abcdefXYZ0123456789-", min_size=1, max_size=8)
VALUE = st.text("abc ,;=\"'%/:()ü", max_size=12).map(str.strip)
BODY = st.one_of(st.none(), st.binary(max_size=300), st.lists(st.binary(min_size=1, max_size=50), max_size=5))


@st.composite
def any_request(draw: st.DrawFn) -> tuple[bytes, bytes, list[tuple[str, str]], bytes]:
    """Draw a fair request: its bytes, its method, its own fields and its body."""
    method = draw(st.sampled_from((b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS")))
    own = [(f"x-own-{name}", value) for name, value in draw(st.lists(st.tuples(TOKEN, VALUE), max_size=5))]
    body = draw(BODY)
    lines, framed, plain = "".join(f"{n}: {v}\r\n" for n, v in own), b"", b""
    if isinstance(body, bytes):
        lines, framed, plain = f"Content-Length: {len(body)}\r\n" + lines, body, body
    elif body is not None:
        lines += "Transfer-Encoding: chunked\r\n"
        framed = b"".join(b"%X;e\r\n%b\r\n" % (len(part), part) for part in body) + b"0\r\nt: v\r\n\r\n"
        plain = b"".join(body)
    head = b"%b /p HTTP/1.1\r\nHost: x\r\n%b\r\n" % (method, lines.encode("latin-1"))
    return head + framed, method, own, plain


def test_any_request_cut_anywhere_arrives_as_it_was_meant(tmp_path: Path) -> None:
    """Method, own fields and body are the same at the service; the answers come in order."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        stage = Stage(tmp_path)
        blue = runner.run(stage.service())
        gateway = runner.run(stage.gateway(blue=blue))

        @settings(max_examples=60)
        @given(st.lists(any_request(), min_size=1, max_size=4), st.lists(st.integers(1, 200), min_size=1))
        def check(sent: list[tuple[bytes, bytes, list[tuple[str, str]], bytes]], sizes: list[int]) -> None:
            stream = b"".join(request[0] for request in sent)
            got = runner.run(exchanged(stage, gateway.port, blue, stream, sizes, len(sent)))
            assert got == [(method, own, body) for _, method, own, body in sent]

        check()
        runner.run(stage.close())


async def exchanged(
    stage: Stage, port: int, blue: Service, stream: bytes, sizes: list[int], count: int
) -> list[tuple[bytes, list[tuple[str, str]], bytes]]:
    """Send a stream in pieces of these sizes; return each request as the service got it."""
    client = await stage.client(port)
    got: list[tuple[bytes, list[tuple[str, str]], bytes]] = []

    async def serve() -> None:
        while len(got) < count:
            service = await blue.accepted()
            while len(got) < count and not service.reader.at_eof():
                try:
                    head = await service.head()
                except asyncio.IncompleteReadError:
                    break
                chunked = field(head, "transfer-encoding")
                body = await (
                    service.chunks() if chunked else service.exactly(int(field(head, "content-length") or 0))
                )
                lines = [line.partition(": ") for line in head.decode("latin-1").split("\r\n")]
                got.append(
                    (head.split(b" ")[0], [(n, v) for n, _, v in lines if n.startswith("x-own-")], body)
                )
                last = len(got) == count
                await service.send(OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n") if last else OK)

    serving = asyncio.create_task(serve())
    start = turn = 0
    async with asyncio.timeout(BOUND):
        while start < len(stream):
            size = sizes[turn % len(sizes)]
            await client.send(stream[start : start + size])
            start, turn = start + size, turn + 1
            await asyncio.sleep(0)
        for _ in range(count):
            assert (await client.answer())[1] == b"ok"
        await serving
    await client.close()
    return got
