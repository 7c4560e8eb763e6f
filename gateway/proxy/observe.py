"""What the gateway says for itself: problem answers, and what became of each request in the tallies."""

from __future__ import annotations

import json
from email.utils import formatdate
from http import HTTPStatus

from gateway.errors import Fault
from gateway.monitoring.tally import (
    BAD_GATEWAY,
    CLIENT_ERROR,
    DISCONNECTED,
    LIMITS,
    OK,
    REFUSED,
    SERVER_ERROR,
    TIMEOUT,
    UNAVAILABLE,
    Block,
)
from gateway.statistics.histogram import bucket_of

HITS = {name: index for index, name in enumerate(LIMITS)}
"""Which counter belongs to the limit that a `Refused` names."""

OF_FAULT = {
    "refused": REFUSED,
    "unavailable": UNAVAILABLE,
    "bad_gateway": BAD_GATEWAY,
    "timeout": TIMEOUT,
    "disconnected": DISCONNECTED,
}
"""Which counter belongs to a fault's outcome."""


def outcome_of(status: int) -> int:
    """Return the outcome of a service's own answer."""
    if status < 400:
        return OK
    return CLIENT_ERROR if status < 500 else SERVER_ERROR


def record(block: Block, outcome: int, seconds: float) -> None:
    """Count one request and its duration."""
    words = block.words
    microseconds = int(seconds * 1e6)
    words[block.outcomes + outcome] += 1
    words[block.microseconds] += microseconds if microseconds > 0 else 0
    words[block.histogram + bucket_of(microseconds)] += 1


def record_fault(block: Block, fault: Fault, seconds: float) -> None:
    """Count one request that the gateway answered itself or that its client left."""
    record(block, OF_FAULT[fault.outcome], seconds)


def problem(
    fault: Fault, request_id: bytes, *, close: bool, with_body: bool = True, extra: bytes = b""
) -> bytes:
    """Return a whole answer of the gateway's own: RFC 9457 problem details, with `extra` header lines."""
    title = HTTPStatus(fault.status).phrase
    document = {"type": "about:blank", "title": title, "status": fault.status, "detail": fault.detail}
    if fault.service:
        document["service"] = fault.service
    body = json.dumps(document).encode() + b"\n"
    allow = b"allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n" if fault.status == 405 else b""
    return b"".join(
        (
            b"HTTP/1.1 %d %b\r\n" % (fault.status, title.encode()),
            b"content-type: application/problem+json\r\ncontent-length: %d\r\n" % len(body),
            b"date: %b\r\n" % formatdate(usegmt=True).encode(),
            b"x-request-id: %b\r\n" % request_id if request_id else b"",
            allow,
            b"retry-after: %d\r\n" % fault.retry_after if fault.retry_after else b"",
            extra,
            b"connection: close\r\n" if close else b"",
            b"\r\n",
            body if with_body else b"",
        )
    )


def redirection(host: bytes, port: int, target: bytes, *, close: bool) -> bytes:
    """Return a whole answer that sends a client to the same place on https; 308 keeps method and body."""
    name = host[: host.index(b"]") + 1] if host.startswith(b"[") else host.partition(b":")[0]
    authority = name if port == 443 else b"%b:%d" % (name, port)
    return b"".join(
        (
            b"HTTP/1.1 308 Permanent Redirect\r\n",
            b"location: https://%b%b\r\n" % (authority, b"/" if target == b"*" else target),
            b"content-length: 0\r\n",
            b"date: %b\r\n" % formatdate(usegmt=True).encode(),
            b"connection: close\r\n" if close else b"",
            b"\r\n",
        )
    )
