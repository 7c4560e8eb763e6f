"""The request's half: what a service reads of it, and which version it is for."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

import pytest

from gateway.routing.revise import roll_back
from gateway.routing.shares import replace_weights
from tests.proxy.exchanges import EMPTY, GET, KEPT, at_rest, request, shares
from tests.proxy.peer import OK, field
from tests.proxy.stage import Stage


async def forwarded(stage: Stage, extra: str) -> bytes:
    """Return what the service is sent of a request with these fields."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(request(extra))
    assert (await client.answer())[0].startswith(b"HTTP/1.1 200")
    return blue.requests[0]


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


@pytest.mark.parametrize("value", [b"yes", b" yes", b"yes ", b"\tyes \t"])
async def test_blanks_around_a_value_are_no_part_of_it(stage: Stage, value: bytes) -> None:
    """A caller who opted out stays out, however the header is written."""
    route = 'stable: blue, weights: {blue: 100, green: 0}, override: [{header: x-c, value: "yes", to: green}]'
    gateway = await stage.gateway(route, blue=await stage.service(OK), green=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-C:%b\r\n\r\n" % value)
    assert field((await client.answer())[0], "x-model-version") == "green"


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
