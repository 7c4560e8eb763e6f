"""The heads that the gateway writes: of a request towards a service, of an answer towards a client."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate

from gateway.http.header_lines import passing, without
from gateway.http.headers import Shape
from gateway.http.strict import RequestLine
from gateway.proxy.answered import Answer

COOKIE_AGE = 365 * 24 * 3600


def request_head(
    line: RequestLine,
    head: bytes,
    shape: Shape,
    fields: Mapping[bytes, bytes],
    host: bytes,
    forwarded: bytes,
    request_id: bytes,
    trace: bytes,
    is_continued: bool,
    framing: bytes,
) -> bytes:
    """Return the head to send: what may pass of `head`, and what the gateway adds.

    `forwarded` are the lines that tell who asks, `framing` those that say how the body ends or which
    protocol is asked for. `trace` is a line to replace traceparent by, nothing: it stays; `is_continued`: the
    trace is the client's, and so tracestate stays.
    """
    block = passing(head[head.index(b"\r\n") : -2], shape, fields)
    if line.authority is not None or shape.host is None:
        if shape.host is not None:
            block = without(block, shape.host)
        block += b"host: %b\r\n" % (host or b"localhost")
    if trace and shape.traceparent is not None:
        block = without(block, shape.traceparent)
    if trace and not is_continued and (state := shape.spelled.get(b"tracestate")) is not None:
        block = without(block, state)
    return b"%b %b HTTP/1.1%b%bx-forwarded-host: %b\r\nx-request-id: %b\r\n%b%b\r\n" % (
        line.method, line.target, block, forwarded, host, request_id, trace, framing
    )  # fmt: skip


def answer_head(answer: Answer, stamp: bytes, request_id: bytes, extra: bytes) -> bytes:
    """Return the head to send: what may pass of a service's, its version's `stamp`, and `extra` lines."""
    head, shape = answer.head, answer.shape
    line_end = head.index(b"\r\n")
    block = passing(head[line_end:-2], shape, answer.fields)
    if answer.status == 204 and shape.length is not None:  # RFC 9110, 8.6; some would wait for it
        block = without(block, shape.length)
    if shape.date is None:
        extra += b"date: %b\r\n" % formatdate(usegmt=True).encode()
    return b"HTTP/1.1%b%b%b%b\r\n%b\r\n" % (head[8:line_end].ljust(5), block, stamp, request_id, extra)


def sticky_cookie(name: bytes, key: bytes, path: bytes) -> bytes:
    """Return the line that pins a client to the version it was given."""
    return b"set-cookie: %b=%b; Max-Age=%d; Path=%b; HttpOnly; SameSite=Lax\r\n" % (
        name, key, COOKIE_AGE, path
    )  # fmt: skip
