"""HTTP/2 connections: requests and answers, limits, deadlines and the end."""

from __future__ import annotations

import pytest

from gateway.proxy.http2_frames import PING, PREFACE, SETTINGS
from tests.proxy.conftest import OK, Stage, field, until
from tests.proxy.http2_talk import GET, POST, frame, http2
from tests.tls_files import Authority


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The CA of this file's tests."""
    return Authority(tmp_path_factory.mktemp("http2"))


async def test_a_request_reaches_the_service_as_http11(stage: Stage, ca: Authority) -> None:
    """Its fields pass in order, the authority as Host, and the answer comes back with lower-case names."""
    service = await stage.service(b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX-Here: Yes\r\n\r\nok")
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        answer = await client.ask(1, [*GET, (b"accept", b"a/b"), (b"cookie", b"a=1"), (b"cookie", b"b=2")])
    assert (answer.status, answer.body, answer.reset) == (b"200", b"ok", None)
    assert answer.heads[0][b"x-here"] == b"Yes"
    assert answer.heads[0][b"x-model-version"] == b"blue"
    head = service.requests[0]
    assert head.startswith(b"GET / HTTP/1.1\r\n")
    assert field(head, "host") == "a.example"
    assert field(head, "accept") == "a/b"
    assert field(head, "cookie") == "a=1; b=2"
    assert field(head, "x-forwarded-proto") == "https"
    assert field(head, "connection") is None
    assert gateway.outcomes() == {"ok": 1}
