"""How a request's body ends, and that nothing by which something is decided comes twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.headers import REQUEST_KNOWN, REQUEST_REMOVED, FieldKinds, Shapes
from gateway.http.message import RequestReader
from gateway.http.request import check_repeated, frame, too_large
from gateway.http.strict import Refused, request_line

LINE = request_line(b"POST / HTTP/1.1")
SHAPES = Shapes(FieldKinds(REQUEST_REMOVED, REQUEST_KNOWN))


def framed(
    fields: bytes, max_body: int = 100, line: bytes = b"POST / HTTP/1.1"
) -> tuple[bool, RequestReader]:
    """Read a head and frame its body."""
    reader = RequestReader()
    reader.read_head(line + b"\r\nHost: x\r\n" + fields + b"\r\n")
    return frame(reader, request_line(line), SHAPES.of(reader.fields), max_body), reader


@given(length=st.integers(0, 100))
def test_a_body_with_a_length_ends_after_it(length: int) -> None:
    """And what lies beyond is returned."""
    chunked, reader = framed(b"content-length: %d\r\n" % length)
    assert not chunked
    body = b"x" * length
    rest = reader.read_body(body + b"GET") if length else b"GET"
    assert (reader.take(), reader.complete, rest) == (body, True, b"GET")


def test_a_chunked_body_is_said_to_be_one() -> None:
    """Its length shows only at its end."""
    chunked, reader = framed(b"Transfer-Encoding: chunked\r\n")
    assert chunked
    assert reader.read_body(b"3\r\nabc\r\n0\r\n\r\nGET") == b"GET"
    assert reader.take() == b"abc"


@pytest.mark.parametrize(
    ("fields", "status", "limit"),
    [
        (b"content-length: 101\r\n", 413, "body"),
        (b"expect: 200-ok\r\n", 417, ""),
        (b"content-length: +1\r\n", 400, ""),
        (b"transfer-encoding: gzip, chunked\r\n", 501, ""),
        (b"connection: upgrade\r\nupgrade: x\r\ncontent-length: 1\r\n", 400, ""),
        (b"connection: upgrade\r\nupgrade: x\r\ntransfer-encoding: chunked\r\n", 400, ""),
    ],
)
def test_what_frames_wrongly_is_refused(fields: bytes, status: int, limit: str) -> None:
    """With the status that says why, and the limit it goes beyond."""
    with pytest.raises(Refused) as raised:
        framed(fields)
    assert (raised.value.status, raised.value.limit) == (status, limit)


def test_the_refusal_of_a_large_body_names_the_limit() -> None:
    """In bytes and by its name in routing.yaml."""
    refused = too_large(12)
    assert (refused.status, refused.limit) == (413, "body")
    assert "12 bytes" in refused.detail


def test_too_many_fields_are_431() -> None:
    """Counted by lines, so that repeated names count each."""
    head = b"GET / HTTP/1.1\r\n" + b"a: 1\r\n" * 4 + b"\r\n"
    check_repeated(head, 6, 4, ())
    with pytest.raises(Refused) as raised:
        check_repeated(head, 6, 3, ())
    assert (raised.value.status, raised.value.limit) == (431, "fields")


@pytest.mark.parametrize("name", [b"Host", b"connection", b"upgrade", b"sec-websocket-key", b"x-decides"])
def test_what_decides_may_not_come_twice(name: bytes) -> None:
    """Whatever the spelling; other fields may."""
    head = b"GET / HTTP/1.1\r\n%b: 1\r\nx-other: 1\r\n%b: 1\r\nx-other: 2\r\n\r\n" % (name, name.upper())
    with pytest.raises(Refused, match="more than once"):
        check_repeated(head, 6, 100, {b"x-decides"})
    check_repeated(head.replace(name, b"y").replace(name.upper(), b"y"), 6, 100, {b"x-decides"})
