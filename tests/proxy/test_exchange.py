"""One request on its way: what each side is sent, byte for byte, and what becomes of it when a side fails."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.routing.revise import replace_weights, roll_back
from tests.proxy.conftest import OK, Peer, Service, Stage, field, fields, until

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def request(extra: str = "", method: str = "GET", version: str = "1.1", body: bytes = b"") -> bytes:
    """Return a request; a body brings its length."""
    length = f"content-length: {len(body)}\r\n" if body else ""
    return f"{method} / HTTP/{version}\r\nHost: x\r\n{length}{extra}\r\n".encode() + body


async def forwarded(stage: Stage, extra: str) -> bytes:
    """Return what the service is sent of a request with these fields."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(request(extra))
    assert (await client.answer())[0].startswith(b"HTTP/1.1 200")
    return blue.requests[0]


async def answered(stage: Stage, answer: bytes, sent: bytes = GET) -> bytes:
    """Return all that a client gets when the service says this and closes."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(sent)
    service = await blue.accepted()
    await service.head()
    await service.send(answer)
    await service.leave()
    client.half_close()
    return await client.end()


# -- heads ---------------------------------------------------------------------------------------------------


async def test_what_a_client_sent_is_forwarded_as_it_was_written(stage: Stage) -> None:
    """Order, spelling and repeats of fields that may pass are the client's."""
    head = await forwarded(stage, "X-B: 1\r\nx-a:2\r\nX-B: 3\r\nCookie: a=b\r\n")
    assert head.startswith(b"GET / HTTP/1.1\r\nHost: x\r\nX-B: 1\r\nx-a:2\r\nX-B: 3\r\nCookie: a=b\r\n")


async def test_hop_by_hop_and_nominated_fields_are_not_forwarded(stage: Stage) -> None:
    """They speak of the client's connection, not of the service's."""
    head = await forwarded(
        stage,
        "Connection: keep-alive, X-Mine\r\nKeep-Alive: 5\r\nTE: trailers\r\nX-MINE: 1\r\nx-mine: 2\r\n"
        "Proxy-Connection: a\r\nProxy-Authorization: b\r\nTrailer: c\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: d\r\n",
    )
    names = {line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:] if line}
    ours = {b"via", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-request-id"}
    assert names == ours | {b"host", b"traceparent"}


async def test_names_with_an_underscore_are_not_forwarded(stage: Stage) -> None:
    """A service could read one as a name that we protect."""
    head = await forwarded(stage, "X_Forwarded_For: 6.6.6.6\r\nX-A: b\r\nuser_id: 1\r\n")
    assert b"_" not in head
    assert field(head, "x-a") == "b"


async def test_what_the_gateway_says_of_a_request_cannot_be_spoofed(stage: Stage) -> None:
    """Every field of that kind is replaced, or dropped."""
    spoofed = "".join(
        f"{name}: spoofed\r\n{name}: spoofed\r\n"
        for name in (
            "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "Forwarded",
            "Via", "X-Real-IP", "X-Request-ID", "X-Model-Version",
        )
    )  # fmt: skip
    head = await forwarded(stage, spoofed)
    assert b"spoofed" not in head
    assert field(head, "x-forwarded-for") == "127.0.0.1"
    assert field(head, "x-forwarded-proto") == "http"
    assert field(head, "x-forwarded-host") == "x"
    assert field(head, "via") == "1.1 gateway"


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


T32, S16 = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize("trace", [f"00-{T32}-{S16}-01", f"01-{T32}-{S16}-01", f"cc-{T32}-{S16}-01-more"])
async def test_a_valid_trace_is_continued(stage: Stage, trace: str) -> None:
    """As it was written, with its state."""
    head = await forwarded(stage, f"TraceParent: {trace}\r\ntracestate: a=b\r\n")
    assert (field(head, "traceparent"), field(head, "tracestate")) == (trace, "a=b")


@pytest.mark.parametrize(
    "trace",
    [
        "",
        "garbage",
        f"00-{T32}-{S16}-01-more",
        f"ff-{T32}-{S16}-01",
        f"00-{'0' * 32}-{S16}-01",
        f"00-{T32}-{'0' * 16}-01",
        f"00-{T32.upper()}-{S16}-01",
    ],
)
async def test_without_a_valid_trace_one_is_started(stage: Stage, trace: str) -> None:
    """Its id is the request's."""
    head = await forwarded(stage, f"traceparent: {trace}\r\n" if trace else "")
    found = field(head, "traceparent") or ""
    assert re.fullmatch(f"00-{field(head, 'x-request-id')}-(?!0{{16}})[0-9a-f]{{16}}-00", found)


async def test_http10_without_host_gets_one(stage: Stage) -> None:
    """The service speaks HTTP/1.1, which requires it."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(b"GET / HTTP/1.0\r\n\r\n")
    await client.answer()
    assert blue.requests[0].startswith(b"GET / HTTP/1.1\r\nhost: localhost\r\n")


async def test_an_absolute_target_replaces_host(stage: Stage) -> None:
    """Both the request line and Host say what the target said."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(b"GET http://real:1/p?q HTTP/1.1\r\nHost: fake\r\n\r\n")
    await client.answer()
    assert blue.requests[0].startswith(b"GET /p?q HTTP/1.1\r\n")
    assert (field(blue.requests[0], "host"), field(blue.requests[0], "x-forwarded-host")) == ("real:1",) * 2


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


# -- bodies --------------------------------------------------------------------------------------------------


async def test_uploads_keep_their_framing_but_not_their_chunks(stage: Stage) -> None:
    """Chunk extensions and trailers stay behind; a fixed length stays fixed."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1;a=b\r\nx\r\n2\r\nyz\r\n0\r\nX-Trailer: t\r\n\r\n"
    )
    service = await blue.accepted()
    head = await service.head()
    assert (field(head, "transfer-encoding"), field(head, "content-length")) == ("chunked", None)
    assert await service.exactly(13) == b"3\r\nxyz\r\n0\r\n\r\n"
    await service.send(EMPTY)
    await client.answer()
    await client.send(request(method="POST", body=b"fixed"))
    head = await service.head()
    assert (field(head, "transfer-encoding"), field(head, "content-length")) == (None, "5")
    assert await service.exactly(5) == b"fixed"


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
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(request(method=method) + request())
    service = await blue.accepted()
    await service.head()
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


async def test_expect_100_continue_is_asked_of_the_service(stage: Stage) -> None:
    """Its 100 comes through, then the body goes."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n")
    service = await blue.accepted()
    assert field(await service.head(), "expect") == "100-Continue"
    await service.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
    await client.send(b"hi")
    assert await service.exactly(2) == b"hi"
    await service.send(OK)
    assert (await client.answer())[1] == b"ok"
    await client.send(GET)
    await service.head()  # on the same connections


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
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbegin")
    service = await blue.accepted()
    await service.head()
    await service.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
    head, body = await client.answer()
    assert (head[9:12], body, field(head, "connection")) == (b"413", b"no", "close")
    await client.send(b"more" + GET)
    assert await client.end() == b""
    assert await service.end() == b"begin"
    assert gateway.outcomes() == {"client_error": 1}


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


# -- backpressure --------------------------------------------------------------------------------------------


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


KEPT = 1024 * 1024
"""Bytes: a few reads; far less than what is sent."""


async def at_rest(measure: Callable[[], int]) -> None:
    """Wait until a measure has been the same for fifty looks."""
    same, last = 0, -1
    while same < 50:
        await asyncio.sleep(0.001)
        now = measure()
        same, last = (same + 1 if now == last else 0), now


async def test_a_slow_service_holds_the_client_back(stage: Stage) -> None:
    """The gateway keeps less than a few hundred KiB of an upload that is not read."""
    total = 64 * 1024 * 1024
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    sending = asyncio.create_task(client.send(request(method="POST", body=b"x" * total)))
    service = await blue.accepted()
    service.writer.transport.pause_reading()  # type: ignore[attr-defined]
    stuck = client.writer.transport
    await at_rest(stuck.get_write_buffer_size)
    assert stuck.get_write_buffer_size() > total / 2
    (held,) = gateway.context.exchanges
    assert held._upstream is not None
    assert held._upstream.transport.get_write_buffer_size() < KEPT
    service.writer.transport.resume_reading()  # type: ignore[attr-defined]
    await service.head()
    assert len(await service.exactly(total)) == total
    await sending
    await service.send(OK)
    assert (await client.answer())[1] == b"ok"


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


# -- the split -----------------------------------------------------------------------------------------------


async def shares(client: Peer, sent: list[bytes]) -> list[str]:
    """Return which version answered each of these requests."""
    await client.send(b"".join(sent))
    return [field((await client.answer())[0], "x-model-version") or "" for _ in sent]


async def test_weight_0_means_not_one_request(stage: Stage) -> None:
    """Of two thousand; the others get theirs."""
    services = {name: await stage.service(OK) for name in ("blue", "green", "canary")}
    gateway = await stage.gateway("weights: {blue: 50, green: 0, canary: 50}", **services)
    found = Counter(await shares(await stage.client(gateway.port), [GET] * 2000))
    assert services["green"].requests == []
    assert found.keys() == {"blue", "canary"}
    assert 800 < found["canary"] < 1200


@pytest.mark.parametrize("kind", ["header: x-user-id", "cookie: uid"])
async def test_a_sticky_key_keeps_its_version(stage: Stage, kind: str) -> None:
    """On every connection; different keys are spread."""
    services = {name: await stage.service(OK) for name in ("blue", "canary")}
    gateway = await stage.gateway(f"weights: {{blue: 50, canary: 50}}, sticky: {{{kind}}}", **services)
    line = "X-User-ID: {}\r\n" if "header" in kind else "Cookie: a=b; uid={}; c=d\r\n"
    users = [request(line.format(f"user-{n}")) for n in range(100)]
    first = await shares(await stage.client(gateway.port), users)
    assert await shares(await stage.client(gateway.port), users) == first
    assert 25 < first.count("canary") < 75


async def test_a_sticky_address_keeps_its_version(stage: Stage) -> None:
    """Every request of one peer goes to one version."""
    services = {name: await stage.service(OK) for name in ("blue", "canary")}
    gateway = await stage.gateway("weights: {blue: 50, canary: 50}, sticky: {ip: true}", **services)
    assert len(set(await shares(await stage.client(gateway.port), [GET] * 50))) == 1


async def test_a_sticky_cookie_is_set_once_and_then_kept(stage: Stage) -> None:
    """Whoever sends it back stays where the first answer came from and gets no other."""
    services = {name: await stage.service(OK) for name in ("blue", "canary")}
    route = "path: /a, weights: {blue: 50, canary: 50}, sticky: {cookie: uid}"
    gateway = await stage.gateway(route, **services)
    client = await stage.client(gateway.port)
    for _ in range(10):
        await client.send(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        head, _ = await client.answer()
        cookie = field(head, "set-cookie") or ""
        assert re.fullmatch("uid=[0-9a-f]{32}; Max-Age=31536000; Path=/a; HttpOnly; SameSite=Lax", cookie)
        again = f"GET /a HTTP/1.1\r\nHost: x\r\nCookie: {cookie.split(';')[0]}\r\n\r\n".encode()
        await client.send(again * 5)
        for _ in range(5):
            kept, _ = await client.answer()
            assert field(kept, "x-model-version") == field(head, "x-model-version")
            assert field(kept, "set-cookie") is None


async def test_the_first_override_that_matches_wins(stage: Stage) -> None:
    """Over weights and sticky keys; the value counts exactly."""
    services = {name: await stage.service(OK) for name in ("blue", "canary")}
    gateway = await stage.gateway(
        "weights: {blue: 100, canary: 0}, sticky: {header: x-user-id}, override: "
        "[{header: x-canary, value: always, to: canary}, {header: x-beta, value: 'yes', to: blue}]",
        **services,
    )
    client = await stage.client(gateway.port)
    assert await shares(
        client,
        [
            request("X-CANARY: always\r\nx-beta: yes\r\n"),
            request("X-Canary: Always\r\n"),
            request("x-user-id: 7\r\nx-canary: always\r\n"),
            request(),
        ],
    ) == ["canary", "blue", "canary", "blue"]


async def test_a_change_holds_from_the_very_next_request(stage: Stage) -> None:
    """On a connection that stays open, with not one turn of the clock between."""
    services = {name: await stage.service(OK) for name in ("blue", "canary")}
    gateway = await stage.gateway("weights: {blue: 100, canary: 0}", **services)
    client = await stage.client(gateway.port)
    for _ in range(10):
        assert await shares(client, [GET] * 3) == ["blue"] * 3
        gateway.change(lambda plan: replace_weights(plan, "all", {"canary": 1.0}))
        assert await shares(client, [GET] * 3) == ["canary"] * 3
        gateway.change(roll_back)
    assert gateway.outcomes() == {"ok": 60}


# -- services that fail --------------------------------------------------------------------------------------


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


TIMEOUTS = "weights: {blue: 1}, timeouts: {connect: 200ms, header: 5s, total: 20s}"


async def test_a_service_that_accepts_no_connection_is_given_up_in_time(stage: Stage) -> None:
    """A full backlog swallows connections; the answer is 503."""
    blue = stage.down()
    blue.socket.listen(0)
    fillers = [await stage.client(int(blue.url.rpartition(":")[2]))]
    gateway = await stage.gateway(TIMEOUTS, blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    assert (await client.answer())[0][9:12] == b"503"
    assert fillers
    assert gateway.outcomes() == {"unavailable": 1}


async def test_a_service_that_begins_no_answer_in_time_is_504(stage: Stage) -> None:
    """Its connection is cut, since an answer may still come on it."""
    blue = await stage.service()
    gateway = await stage.gateway(TIMEOUTS, blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    service = await blue.accepted()
    await service.head()
    gateway.tick(after=4)
    assert gateway.context.exchanges
    gateway.tick(after=6)
    head, body = await client.answer()
    assert head[9:12] == b"504"
    assert b"blue began no answer within 5 s" in body
    assert await service.end() == b""
    assert gateway.outcomes() == {"timeout": 1}


async def test_an_answer_that_takes_too_long_in_all_is_cut(stage: Stage) -> None:
    """What looks whole must be whole."""
    blue = await stage.service()
    gateway = await stage.gateway(TIMEOUTS, blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    service = await blue.accepted()
    await service.head()
    await service.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    await client.head()
    gateway.tick(after=19)
    assert gateway.context.exchanges
    gateway.tick(after=21)
    assert await ended(client) == (b"3\r\nabc\r\n", True)
    assert gateway.outcomes() == {"timeout": 1}


async def ended(client: Peer) -> tuple[bytes, bool]:
    """Return what came last, and whether a reset was its end."""
    got = b""
    try:
        while piece := await client.reader.read(65536):
            got += piece
    except ConnectionResetError:
        return got, True
    return got, False


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


@pytest.mark.parametrize("value", [b"yes", b" yes", b"yes ", b"\tyes \t"])
async def test_blanks_around_a_value_are_no_part_of_it(stage: Stage, value: bytes) -> None:
    """A caller who opted out stays out, however the header is written."""
    route = 'stable: blue, weights: {blue: 100, green: 0}, override: [{header: x-c, value: "yes", to: green}]'
    gateway = await stage.gateway(route, blue=await stage.service(OK), green=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-C:%b\r\n\r\n" % value)
    assert field((await client.answer())[0], "x-model-version") == "green"


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
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    service = await blue.accepted()
    await service.head()
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
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(request(version=version))
    service = await blue.accepted()
    await service.head()
    await service.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n3\r\nabc\r\n")
    await client.head()
    await client.exactly(3)
    await end(service)
    rest, was_reset = await ended(client)
    assert was_reset
    assert b"0\r\n\r\n" not in rest
    assert gateway.outcomes() == {"bad_gateway": 1}


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


# -- anything ------------------------------------------------------------------------------------------------

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

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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
    async with asyncio.timeout(5):
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


async def test_the_session_of_the_admin_api_never_reaches_a_service(stage: Stage) -> None:
    """Browsers send it to every port of the host, in requests that ask to leave HTTP as well."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    upgrade += "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    for extra in ("", upgrade):
        await client.send(request(f"COOKIE: a=1; gateway_session=s; b=2\r\n{extra}"))
        await client.answer()
    await client.send(request("cookie: __Host-gateway_session=s\r\n"))
    await client.answer()
    assert [field(sent, "cookie") for sent in blue.requests] == ["a=1; b=2", "a=1; b=2", None]
    assert not any(b"gateway_session" in sent for sent in blue.requests)


async def test_a_service_sets_no_session_of_the_admin_api(stage: Stage) -> None:
    """Its other cookies pass."""
    lines = b"Set-Cookie: gateway_session=s; Path=/\r\nset-cookie: a=b\r\n"
    gateway = await stage.gateway(blue=await stage.service(EMPTY[:-2] + lines + b"\r\n"))
    client = await stage.client(gateway.port)
    await client.send(GET)
    head, _ = await client.answer()
    assert b"gateway_session" not in head
    assert field(head, "set-cookie") == "a=b"
