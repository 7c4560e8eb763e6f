"""What is noted of a request on its way, as its frame says it in the end: over real connections."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any, cast

import pytest

from gateway.monitoring import tally
from gateway.proxy.kept_body import KeptBody
from gateway.proxy.log_entry import OVERRIDE, PREVIEW, STICKY, WEIGHTS
from gateway.proxy.logbook import NO_LINE
from gateway.proxy.server import ClientConnection
from gateway.requestlog.columns import WHYS
from gateway.requestlog.frame import (
    REQUEST_PART,
    RESPONSE_PART,
)
from tests.proxy.logged import frame, frames, policy, post
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Gateway, Stage
from tests.requestlog.frames import Whole

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
JSON = b'{"outputs": [{"name": "p", "data": [0.5]}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(JSON) + JSON
PRINTED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: v\r\n\r\n"


def outcome(found: Whole) -> str:
    """Return the outcome of a frame by its name."""
    return tally.OUTCOMES[found.outcome]


# -- an everyday request -------------------------------------------------------------------------------------


async def test_a_prediction_is_told_whole(stage: Stage) -> None:
    """Every field that a frame has."""
    gateway = await stage.gateway(
        "weights: {blue: 1}, sticky: {header: x-user}", blue=await stage.service(ANSWER)
    )
    client = await stage.client(gateway.port)
    lines = b"content-type: application/json; charset=utf-8\r\nX-User: ann\r\n"
    await client.send(post(b'{"inputs": []}', lines, b"/v2/models/late/infer?trace=1"))
    head, _ = await client.answer()
    found = await frame(gateway)
    assert found == Whole(
        flags=0,
        n=0,
        ended=found.ended,
        request_bytes=14,
        response_bytes=len(JSON),
        id=bytes.fromhex(field(head, "x-request-id") or ""),
        trace=found.id,
        span=found.span,
        parent=bytes(8),
        latency=found.latency,
        queue=found.queue,
        service=found.service,
        revision=gateway.context.serving,
        status=200,
        outcome=tally.OK,
        why=STICKY,
        attempts=1,
        method=b"POST",
        path=b"/v2/models/late/infer",
        route=b"all",
        version=b"blue",
        chosen=b"blue",
        key=b"ann",
        request_type=b"application/json; charset=utf-8",
        response_type=b"application/json",
        request_body=b'{"inputs": []}',
        response_body=JSON,
    )
    assert 0 < found.queue + found.service <= found.latency + 2


def test_the_rules_are_numbered_as_the_records_name_them() -> None:
    """A frame has a number, a record the word."""
    assert [WHYS[rule] for rule in (WEIGHTS, STICKY, OVERRIDE, PREVIEW)] == [
        "weights",
        "sticky",
        "override",
        "preview",
    ]


async def test_why_a_version_was_chosen(stage: Stage) -> None:
    """By an override, by the key, by the weights, by a preview."""
    blue, green = await stage.service(OK), await stage.service(OK)
    route = (
        "weights: {blue: 1, green: 0}, stable: blue, sticky: {header: x-user}, preview: {header: x-preview}, "
        "override: [{header: x-canary, value: always, to: green}]"
    )
    gateway = await stage.gateway(route, blue=blue, green=green)
    client = await stage.client(gateway.port)
    for line in (b"x-canary: always", b"x-user: ann", b"x-other: 1", b"x-preview: green", b"x-preview: no"):
        await client.send(GET[:-2] + line + b"\r\n\r\n")
        await client.answer()
    assert [(one.why, one.chosen, one.key, one.status) for one in frames(gateway)] == [
        (OVERRIDE, b"green", b"", 200),
        (STICKY, b"blue", b"ann", 200),
        (WEIGHTS, b"blue", b"", 200),
        (PREVIEW, b"green", b"", 200),
        (WEIGHTS, b"", b"", 404),
    ]


async def test_the_listener_for_idle_versions_says_preview(stage: Stage) -> None:
    """Whatever the weights are."""
    blue, green = await stage.service(OK), await stage.service(OK)
    gateway = await stage.gateway("weights: {blue: 1, green: 0}", blue=blue, green=green)
    server = await asyncio.get_running_loop().create_server(
        lambda: cast(asyncio.BaseProtocol, ClientConnection(gateway.context, preview=True)), "127.0.0.1", 0
    )
    client = await stage.client(server.sockets[0].getsockname()[1])
    await client.send(GET)
    await client.answer()
    found = await frame(gateway)
    assert (found.why, found.chosen, found.version) == (PREVIEW, b"green", b"green")
    server.close()


async def test_a_new_sticky_cookie_is_the_key(stage: Stage) -> None:
    """It is what the client will come with from now on."""
    gateway = await stage.gateway("weights: {blue: 1}, sticky: {cookie: c}", blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(GET + GET[:-2] + b"cookie: c=known\r\n\r\n")
    head, _ = await client.answer()
    await client.answer()
    assert [one.key for one in frames(gateway)] == [(field(head, "x-request-id") or "").encode(), b"known"]


# -- bodies --------------------------------------------------------------------------------------------------


async def test_bodies_are_logged_without_their_chunks(stage: Stage) -> None:
    """As the model saw them, extensions and trailers left out."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    await client.send(head + b"1;a=b\r\nx\r\n2\r\nyz\r\n0\r\nT: t\r\n\r\n")
    service = await blue.accepted()
    await service.head()
    await service.chunks()
    await service.send(PRINTED)
    await client.answer()
    found = await frame(gateway)
    assert (found.request_body, found.request_bytes) == (b"xyz", 3)
    assert (found.response_body, found.response_bytes, found.flags) == (b"abcd", 4, 0)


async def test_bodies_that_come_in_pieces_are_put_together(stage: Stage) -> None:
    """However slowly they come."""
    _, gateway, client, service = await stage.exchange(post(b"one two three")[:-9])
    await service.exactly(4)
    await client.send(b"two ")
    await service.exactly(4)
    await client.send(b"three")
    await service.exactly(5)
    await service.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab")
    await client.head()
    await client.exactly(2)
    await service.send(b"cd")
    await client.exactly(2)
    await service.send(b"ef")
    found = await frame(gateway)
    assert (found.request_body, found.response_body, found.flags) == (b"one two three", b"abcdef", 0)


@pytest.mark.parametrize(("changed", "kept"), [({"bodies": False}, 0), ({"body_limit": 5}, 0), ({}, 6)])
async def test_what_is_not_logged_is_not_held_meanwhile(
    stage: Stage, changed: dict[str, Any], kept: int
) -> None:
    """An exchange may take minutes; a second piece leaves one copy of the first."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    gateway.change(policy(**changed))
    gateway.context.adopt()
    route = gateway.context.table.match(b"GET / HTTP/1.1")[1]
    assert route is not None
    assert route.log is not None
    for pieces in (1, 2):
        entry = route.log.begin(NO_LINE, 1, b"%032x" % 1, time.monotonic())
        assert entry is not None
        for _ in range(pieces):
            entry.request_body(b"secret")
            entry.answer_body(b"answer")
        held = gc.get_referents(entry)
        is_whole = kept == 6 and pieces == 1
        pieces_held = [each for each in held if isinstance(each, bytes) and each in (b"secret", b"answer")]
        assert len(pieces_held) == (2 if is_whole else 0)
        bodies = [each for each in held if isinstance(each, KeptBody)]
        assert [(body.size, len(body.whole())) for body in bodies] == (
            [] if is_whole else [(6 * pieces, kept * pieces)] * 2
        )


# -- what goes wrong -----------------------------------------------------------------------------------------


async def test_a_client_that_leaves_before_its_answer_has_no_status(stage: Stage) -> None:
    """The service was asked, and the time until the client left is the service's."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(post(b"whole"))
    await (await blue.accepted()).head()
    client.reset()
    found = await frame(gateway)
    assert (found.status, outcome(found), found.attempts) == (0, "disconnected", 1)
    assert (found.request_body, found.flags) == (b"whole", 0)
    assert abs(found.queue + found.service - found.latency) <= 2


async def test_a_client_that_leaves_within_its_request_leaves_no_body(stage: Stage) -> None:
    """Half a body is no input of a model."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(post(b"whole")[:-1])
    await (await blue.accepted()).head()
    client.reset()
    found = await frame(gateway)
    assert (found.flags, found.request_body, found.request_bytes) == (REQUEST_PART, b"", 4)


async def test_an_answer_that_breaks_off_leaves_no_body(stage: Stage) -> None:
    """The status is the one that the client saw."""
    _, gateway, client, service = await stage.exchange(GET)
    await service.send(b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nhalf")
    await client.head()
    await service.close()
    found = await frame(gateway)
    assert (found.status, outcome(found)) == (201, "bad_gateway")
    assert (found.flags, found.response_body, found.response_bytes) == (RESPONSE_PART, b"", 4)


async def test_an_answer_before_the_upload_ended_leaves_the_answer(stage: Stage) -> None:
    """The request is said to be a part."""
    _, gateway, client, service = await stage.exchange(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbegin"
    )
    await service.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
    await client.answer()
    found = await frame(gateway)
    assert (found.status, outcome(found), found.flags) == (413, "client_error", REQUEST_PART)
    assert (found.request_bytes, found.response_body) == (5, b"no")


async def test_a_service_that_is_down_was_never_asked(stage: Stage) -> None:
    """The whole time was spent waiting for somebody to ask."""
    gateway = await stage.gateway(blue=stage.down())
    client = await stage.client(gateway.port)
    await client.send(GET)
    await client.answer()
    found = await frame(gateway)
    assert (found.status, outcome(found), found.attempts) == (503, "unavailable", 0)
    assert (found.version, found.chosen) == (b"blue", b"blue")
    assert (found.queue, found.service) == (found.latency, 0)


async def test_a_fallback_is_told_by_two_names(stage: Stage) -> None:
    """Who was chosen, and who answered."""
    blue = await stage.service(OK)
    route = "weights: {blue: 0, canary: 1}, stable: blue"
    gateway = await stage.gateway(route, blue=blue, canary=stage.down())
    client = await stage.client(gateway.port)
    await client.send(GET)
    await client.answer()
    found = await frame(gateway)
    assert (found.status, found.chosen, found.version) == (200, b"canary", b"blue")


async def test_every_attempt_counts_and_the_last_one_is_timed(stage: Stage) -> None:
    """A connection that turns out to be closed costs one."""
    blue, gateway, client, service = await stage.exchange(GET)
    await service.send(OK)
    await client.answer()
    frames(gateway)
    await client.send(GET)
    await service.head()
    asked = time.monotonic()
    await asyncio.sleep(0.02)
    waited = time.monotonic() - asked
    await service.close()
    service = await blue.accepted()
    await service.head()
    await service.send(OK)
    await client.answer()
    found = await frame(gateway)
    assert (found.status, found.attempts) == (200, 2)
    assert found.queue >= int(waited * 1e6)


async def test_a_request_that_leaves_http_is_told_once(stage: Stage) -> None:
    """With its 101, however long the tunnel is open."""
    _, gateway, client, service = await stage.exchange(
        GET[:-2] + b"Connection: Upgrade\r\nUpgrade: chat\r\n\r\n"
    )
    await service.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n")
    await client.head()
    found = await frame(gateway)
    assert (found.status, outcome(found), found.flags) == (101, "ok", 0)
    await client.close()
    await service.close()
    await until(lambda: not gateway.context.tunnels)
    assert frames(gateway) == []


async def test_a_service_that_is_too_slow_is_told_with_its_time(stage: Stage) -> None:
    """From the request until it was given up."""
    blue = await stage.service()
    gateway = await stage.gateway("weights: {blue: 1}, timeouts: {header: 1s}", blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    await (await blue.accepted()).head()
    gateway.tick(after=2)
    await client.answer()
    found = await frame(gateway)
    assert (found.status, outcome(found), found.response_bytes) == (504, "timeout", 0)
    assert found.service > 0
    assert abs(found.queue + found.service - found.latency) <= 2


async def test_as_many_frames_as_outcomes(stage: Stage) -> None:
    """What the tallies count is what the log has, whatever became of it."""
    gateway = await stage.gateway("path: /a, weights: {blue: 1}", blue=await stage.service(OK))
    for request in (b"GET /a", b"GET /b", b"GET /a/..//a", b"nonsense", b"TRACE /a", b"GET /a#"):
        await _asked(stage, gateway, request + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    found: dict[str, int] = {}
    for one in frames(gateway):
        found[outcome(one)] = found.get(outcome(one), 0) + 1
    assert found == gateway.outcomes()


async def _asked(stage: Stage, gateway: Gateway, request: bytes) -> None:
    client = await stage.client(gateway.port)
    await client.send(request)
    await client.answer()
