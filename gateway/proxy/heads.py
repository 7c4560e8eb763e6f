"""The heads that the gateway writes: of a request towards a service, of an answer towards a client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import formatdate

from gateway.http.headers import Shape, passing, without
from gateway.http.strict import RequestLine
from gateway.proxy.upstream import Answer

# W3C Trace Context, 3.2: version, trace id and parent id (neither all zero), flags; later versions may add.
_IDS = rb"-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
_TRACEPARENT = re.compile(rb"00" + _IDS + rb"|(?!00|ff)[0-9a-f]{2}" + _IDS + rb"(?:-.*)?")
COOKIE_AGE = 365 * 24 * 3600


def traced(fields: Mapping[bytes, bytes], shape: Shape) -> bool:
    """Tell whether the request carries a valid traceparent of its own."""
    written = shape.traceparent
    return written is not None and _TRACEPARENT.fullmatch(fields[written]) is not None


def request_head(
    line: RequestLine,
    head: bytes,
    shape: Shape,
    fields: Mapping[bytes, bytes],
    host: bytes,
    forwarded: bytes,
    request_id: bytes,
    parent_id: int,
    framing: bytes,
) -> bytes:
    """Return the head to send: what may pass of `head`, and what the gateway adds.

    `forwarded` are the lines that tell who asks, `framing` those that say how the body ends or which
    protocol is asked for; `parent_id` becomes the parent in a new traceparent, 0 where the request has one.
    """
    block = passing(head[head.index(b"\r\n") : -2], shape, fields)
    if line.authority is not None or shape.host is None:
        if shape.host is not None:
            block = without(block, shape.host)
        block += b"host: %b\r\n" % (host or b"localhost")
    trace = b""
    if parent_id:
        for given in (shape.traceparent, shape.spelled.get(b"tracestate")):
            if given is not None:
                block = without(block, given)
        trace = b"traceparent: 00-%b-%016x-00\r\n" % (request_id, parent_id)
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
