"""The heads that the gateway writes."""

from __future__ import annotations

import pytest

from gateway.http.headers import (
    ANSWER_KNOWN,
    ANSWER_REMOVED,
    REQUEST_KNOWN,
    REQUEST_REMOVED,
    FieldKinds,
    Shapes,
)
from gateway.http.strict import request_line
from gateway.proxy.answered import Answer
from gateway.proxy.heads import answer_head, request_head, sticky_cookie

TRACE = b"traceparent: 00-1-2-01\r\n"


def fields_of(head: bytes) -> dict[bytes, bytes]:
    """Return the fields of a head."""
    parts = (line.partition(b": ") for line in head.split(b"\r\n")[1:] if line)
    return {name: value for name, _, value in parts}


def asked(head: bytes, trace: bytes = b"", *, is_continued: bool = False) -> list[bytes]:
    """Return the lines that a service gets of a request from 10.0.0.1."""
    fields = fields_of(head)
    shape = Shapes(FieldKinds(REQUEST_REMOVED, REQUEST_KNOWN)).of(fields)
    line = request_line(head.partition(b"\r\n")[0])
    host = line.authority or fields.get(b"Host", b"")
    forwarded = b"x-forwarded-for: 10.0.0.1\r\n"
    made = request_head(line, head, shape, fields, host, forwarded, b"ab", trace, is_continued, b"")
    assert made.endswith(b"\r\n\r\n")
    return made.removesuffix(b"\r\n\r\n").split(b"\r\n")


def test_a_request_says_who_asks_and_what_it_is_called() -> None:
    """What concerns one connection alone stays here, and what the client forged is replaced."""
    head = b"GET /a?b HTTP/1.1\r\nHost: x\r\nA: 1\r\nConnection: close\r\n"
    lines = asked(head + b"X-Forwarded-For: 6.6.6.6\r\nX-Request-Id: forged\r\n\r\n")
    wanted = {b"Host: x", b"A: 1", b"x-forwarded-for: 10.0.0.1", b"x-forwarded-host: x", b"x-request-id: ab"}
    assert (lines[0], {*lines[1:]}) == (b"GET /a?b HTTP/1.1", wanted)


@pytest.mark.parametrize(
    ("head", "host"),
    [
        (b"GET http://right/ HTTP/1.1\r\nHost: wrong\r\n\r\n", b"host: right"),
        (b"GET / HTTP/1.0\r\nA: 1\r\n\r\n", b"host: localhost"),
    ],
)
def test_a_service_hears_exactly_one_host(head: bytes, host: bytes) -> None:
    """An absolute target has the last word (RFC 9112, 3.2.2); HTTP/1.0 need not say any."""
    assert [line for line in asked(head) if line.lower().startswith(b"host:")] == [host]


@pytest.mark.parametrize("is_continued", [False, True])
def test_a_trace_of_the_gateways_replaces_the_clients(is_continued: bool) -> None:
    """And tracestate stays only where the trace is the client's."""
    head = b"GET / HTTP/1.1\r\nHost: x\r\ntraceparent: old\r\ntracestate: s=1\r\n\r\n"
    lines = asked(head, TRACE, is_continued=is_continued)
    assert [line for line in lines if line.startswith(b"traceparent")] == [TRACE.strip()]
    assert (b"tracestate: s=1" in lines) is is_continued
    assert b"traceparent: old" in asked(head)


def answered(head: bytes, status: int) -> list[bytes]:
    """Return the lines that a client gets of an answer."""
    fields = fields_of(head)
    answer = Answer(head, status, 0, fields, Shapes(FieldKinds(ANSWER_REMOVED, ANSWER_KNOWN)).of(fields))
    return answer_head(answer, b"x-served-by: blue\r\n", b"ab", b"").split(b"\r\n")


def test_an_answer_has_a_date_and_keeps_its_own() -> None:
    """RFC 9110, 6.6.1; a status line without a reason gets the space that belongs before it."""
    lines = answered(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n", 200)
    assert lines[0] == b"HTTP/1.1 200 "
    assert sum(line.startswith(b"date: ") for line in lines) == 1
    assert b"x-served-by: blue" in lines
    kept = answered(b"HTTP/1.1 200 OK\r\nDate: then\r\n\r\n", 200)
    assert [line for line in kept if line.lower().startswith(b"date")] == [b"Date: then"]


def test_204_has_no_length() -> None:
    """RFC 9110, 8.6: some clients would wait for the body."""
    head = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
    assert not any(b"ength" in line for line in answered(head, 204))


def test_a_cookie_is_for_the_route_alone_and_for_no_script() -> None:
    """For a year, so that a user who comes back gets the same version."""
    assert sticky_cookie(b"key", b"k1", b"/late") == (
        b"set-cookie: key=k1; Max-Age=31536000; Path=/late; HttpOnly; SameSite=Lax\r\n"
    )
