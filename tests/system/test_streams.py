"""Answers that come in pieces, through a whole gateway: each at once, and none before the service sent it."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.system.gateway_under_test import Gateway
from tests.system.secure_site import at, needed, trusting, url
from tests.system.web_services import WebServices
from tests.waiting import BOUND, SOON

EVENTS = 40
WAYS = ["http", "https", "h2"]
AT_ONCE = 0.1
"""Seconds within which a quarter of all pieces are here; on an idle machine all are within a millisecond."""


@contextmanager
def opened(gateway: Gateway, way: str, stream: str, **query: str) -> Iterator[httpx.Response]:
    """Begin to read a stream over plain HTTP, over TLS or over HTTP/2."""
    base = "http://{}:{}".format(*gateway.listen) if way == "http" else f"https://localhost:{gateway.tls[1]}"
    context = trusting(gateway)
    with (
        httpx.Client(
            http1=way != "h2", http2=way == "h2", verify=context, timeout=BOUND, trust_env=False
        ) as client,
        client.stream("GET", f"{base}/late/stream/{stream}", params=query) as answer,
    ):
        assert answer.status_code == 200
        assert answer.http_version == ("HTTP/2" if way == "h2" else "HTTP/1.1")
        yield answer


@pytest.mark.parametrize("way", WAYS)
def test_server_sent_events_come_one_by_one(secure: Gateway, web: WebServices, way: str) -> None:
    """An event is only made after the one before it was seen; it carries the time at which it was made."""
    late = []
    stream = f"events-{way}"
    with opened(secure, way, stream, type="text/event-stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        for _ in range(EVENTS):
            web.say(stream, f"data: {time.monotonic()}\n\n".encode())
            event = next(lines)
            late.append(time.monotonic() - float(event.removeprefix("data: ")))
            assert next(lines) == ""
        web.say(stream, b"")
        assert list(lines) == []
    assert len(late) == EVENTS
    assert statistics.quantiles(late)[0] < AT_ONCE
    assert max(late) < SOON


@pytest.mark.parametrize("way", WAYS)
def test_the_head_comes_before_any_body(secure: Gateway, web: WebServices, way: str) -> None:
    """Who waits for the first byte has the status already, with the version's name."""
    with opened(secure, way, f"head-{way}") as answer:
        assert answer.headers["x-model-version"] in ("blue", "canary")
        web.say(f"head-{way}", b"late")
        web.say(f"head-{way}", b"")
        assert answer.read() == b"late"


@pytest.mark.parametrize("way", WAYS)
def test_every_byte_comes_at_once(secure: Gateway, web: WebServices, way: str) -> None:
    """Pieces of one byte, and of many, in their order and whole."""
    stream = f"bytes-{way}"
    with opened(secure, way, stream) as answer:
        pieces = answer.iter_raw()
        for size in (1, 1, 1, 70_000, 1, 300_000, 2):
            web.say(stream, b"x" * size)
            received = 0
            while received < size:
                received += len(next(pieces))
            assert received == size
        web.say(stream, b"")
        assert list(pieces) == []


def test_curl_shows_each_line_as_it_comes(secure: Gateway, web: WebServices) -> None:
    """With `--no-buffer`, as a person would look at it."""
    needed("curl")
    command = ["curl", "-q", "-sSN", "--noproxy", "*", *at(secure), url(secure, "/late/stream/curl")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        assert curl.stdout is not None
        for turn in range(5):
            web.say("curl", b"line %d\n" % turn)
            assert curl.stdout.readline() == f"line {turn}\n"
        web.say("curl", b"")
        assert curl.stdout.read() == ""
        assert curl.wait(BOUND) == 0


@pytest.mark.parametrize("way", ["http", "https"])
def test_a_stream_lives_through_a_reload(secure_gateway: Gateway, web: WebServices, way: str) -> None:
    """Its worker has been replaced; the stream goes on until the service ends it."""
    stream = f"reload-{way}"
    with opened(secure_gateway, way, stream) as answer:
        pieces = answer.iter_raw()
        web.say(stream, b"before")
        assert next(pieces) == b"before"
        assert secure_gateway.run("reload").returncode == 0
        web.say(stream, b"after")
        assert next(pieces) == b"after"
        web.say(stream, b"")
        assert list(pieces) == []
