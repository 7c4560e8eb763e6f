"""Hostile clients of HTTP/2 at a whole gateway: they are refused, and nobody else notices."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.system.gateway_under_test import Gateway
from tests.system.hostile_http2 import HOSTILE, REFUSED
from tests.system.http2_client import Http2Client, request
from tests.system.secure_site import at, curl, hits, url
from tests.system.web_services import WebServices
from tests.waiting import until

PROTOCOL_ERROR, CANCEL, ENHANCE_YOUR_CALM = 1, 8, 11


@pytest.fixture(autouse=True)
def _others_are_served(secure: Gateway) -> Iterator[None]:
    """Whatever a test did, the next client is answered at once, by workers that are still the same."""
    before = secure.pids()
    yield
    answer = curl(url(secure, "/one/echo"), *at(secure))
    assert (answer.exit, answer.status) == (0, 200), answer.said
    assert secure.pids() == before


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_request_over_http2_reaches_no_service(
    secure: Gateway, web: WebServices, case: str
) -> None:
    """It is refused or its stream is reset; a fair request on the same connection is answered."""
    asked, status = HOSTILE[case]
    before = web.asked
    with Http2Client(secure) as http:
        answer = http.ask(asked)
        if status == REFUSED:
            assert (answer.status, answer.reset == PROTOCOL_ERROR or http.gone == PROTOCOL_ERROR) == (0, True)
        else:
            assert answer.status == status
        assert web.asked == before
        if http.gone is None:
            told = http.ask(request("/one/echo", ("x-a", "b")))
            assert json.loads(told.body)["target"] == "/one/echo"


def test_a_body_of_another_length_completes_no_request(secure: Gateway, web: WebServices) -> None:
    """More or less than was announced: the stream ends, and the service has not seen a whole request."""
    before = web.asked
    for body in (b"four", b"sixsix"):
        with Http2Client(secure) as http:
            answer = http.ask(request("/one/echo", ("content-length", "5"), method="POST"), body)
            assert answer.status in (0, 400)
            assert answer.reset == PROTOCOL_ERROR or http.gone == PROTOCOL_ERROR or answer.status == 400
    assert web.asked == before


def test_rapid_resets_end_the_connection(secure: Gateway) -> None:
    """Requests begun and cancelled by the thousand: GOAWAY, before the gateway has seen 5,000 of them."""
    with Http2Client(secure) as http:
        sent = 0
        while http.gone is None and not http.closed and sent < 5_000:
            for _ in range(50):
                stream = http.h2.get_next_available_stream_id()
                http.h2.send_headers(stream, request("/late/echo"), end_stream=True)
                http.h2.reset_stream(stream, CANCEL)
            sent += 50
            http.flush()
            http.peek()
        http.until(lambda: http.gone is not None)
        assert http.gone == ENHANCE_YOUR_CALM


def frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    """Return one frame."""
    return len(content).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + content


FLOODS = {
    "settings": frame(4, 0, 0),
    "pings": frame(6, 0, 0, b"12345678"),
    "priorities": frame(2, 0, 1, bytes(5)),
    "window updates": frame(8, 0, 0, (1).to_bytes(4, "big")),
    "unknown frames": frame(0x77, 0, 0, b"?"),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_of_frames_ends_the_connection(secure: Gateway, kind: str) -> None:
    """Each is allowed now and then, and thousands of them are not; it is counted."""
    before = hits(secure, "http2_flood")
    with Http2Client(secure) as http:
        for _ in range(20):
            http.send(FLOODS[kind] * 100)
        http.until(lambda: http.gone is not None)
        assert http.gone == ENHANCE_YOUR_CALM or http.closed  # a reset may be quicker than its reason
    until(lambda: hits(secure, "http2_flood") == before + 1)


def test_endless_continuations_end_the_connection(secure: Gateway, web: WebServices) -> None:
    """A head without an end costs no memory: the connection ends at the limit of a head."""
    before = web.asked
    with Http2Client(secure) as http:
        http.until(lambda: bool(http.h2.remote_settings.max_concurrent_streams < 1000))
        http.send(frame(1, 0, 1, b"\x82"))
        sent = 0
        while http.gone is None and not http.closed and sent < 1 << 22:
            http.send(frame(9, 0, 1, b"\x00\x03x-a\x7f\x81\x7e" + b"b" * 254) * 4)
            sent += 4 * 263
            http.peek()
        http.until(lambda: http.gone is not None)
        assert http.gone is not None
    assert web.asked == before
