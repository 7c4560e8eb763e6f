"""What a frame says of bodies that cannot be logged, and of texts that it has no room for."""

from __future__ import annotations

import gzip

import pytest

from gateway.requestlog.frame import ENCODED_REQUEST, ENCODED_RESPONSE, NO_BODIES, REQUEST_CUT, RESPONSE_CUT
from gateway.requestlog.frame_fields import LONGEST_TYPE
from tests.proxy.logged import frame, logged, post
from tests.proxy.peer import OK
from tests.proxy.stage import Stage

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
JSON = b'{"outputs": [{"name": "p", "data": [0.5]}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(JSON) + JSON


@pytest.mark.parametrize(
    ("size", "flags", "body"), [(99, 0, True), (100, 0, True), (101, REQUEST_CUT | RESPONSE_CUT, False)]
)
async def test_a_body_beyond_the_limit_is_left_out(stage: Stage, size: int, flags: int, body: bool) -> None:
    """Its bytes are counted all the same."""
    content = b"x" * size
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (size, content)
    found = await logged(stage, post(content), answer, body_limit=100)
    assert found.flags == flags
    assert (found.request_body, found.response_body) == ((content, content) if body else (b"", b""))
    assert (found.request_bytes, found.response_bytes) == (size, size)


async def test_a_route_without_bodies_counts_them_only(stage: Stage) -> None:
    """Not even what they were is said."""
    lines = b"Content-Type: text/plain\r\nContent-Encoding: gzip\r\n"
    found = await logged(stage, post(b"secret", lines), ANSWER, bodies=False)
    assert found.flags == NO_BODIES
    assert (found.request_bytes, found.response_bytes) == (6, len(JSON))
    assert (found.request_body, found.response_body) == (b"", b"")
    assert (found.request_type, found.response_type) == (b"", b"")


@pytest.mark.parametrize("name", [b"Content-Encoding", b"content-encoding", b"CONTENT-encoding"])
async def test_an_encoded_body_is_said_to_be_one(stage: Stage, name: bytes) -> None:
    """Its bytes are those on the wire."""
    packed = gzip.compress(JSON)
    answer = b"HTTP/1.1 200 OK\r\n%b: gzip\r\nContent-Length: %d\r\n\r\n%b" % (name, len(packed), packed)
    found = await logged(stage, post(packed, name + b": gzip\r\n"), answer)
    assert found.flags == ENCODED_REQUEST | ENCODED_RESPONSE
    assert (found.request_body, found.response_body) == (packed, packed)


async def test_what_is_not_there_is_not_encoded(stage: Stage) -> None:
    """An answer to HEAD has the fields of a body, and none."""
    request = b"HEAD / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n"
    assert (await logged(stage, request, answer)).flags == 0


async def test_a_content_type_of_any_length_is_taken(stage: Stage) -> None:
    """As far as a frame has room; the request is not disturbed."""
    kind = b"text/" + b"x" * 2000
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: 1\r\n\r\n1" % kind
    found = await logged(stage, post(b"1", b"Content-Type: %b\r\n" % kind), answer)
    assert found.request_type == found.response_type == kind[:LONGEST_TYPE]
    assert (found.request_body, found.response_body) == (b"1", b"1")


async def test_a_key_of_any_length_is_taken(stage: Stage) -> None:
    """As far as a frame has room; the request is not disturbed."""
    route = "weights: {blue: 1}, sticky: {header: x-user}"
    gateway = await stage.gateway(route, top="limits: {head: 256KiB}", blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(GET[:-2] + b"x-user: " + b"a" * 100_000 + b"\r\n\r\n")
    assert (await client.answer())[1] == b"ok"
    assert (await frame(gateway)).key == b"a" * 65_535
