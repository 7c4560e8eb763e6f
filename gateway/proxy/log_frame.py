"""Puts down what was noted of a request that is over, as one frame in memory for the recorder.

Only here texts are cut to what a frame has room for, and bodies left out that are not whole. A frame that
there is no room for is dropped and counted by the ring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.proxy.kept_body import KeptBody
from gateway.requestlog.frame import (
    ENCODED_REQUEST,
    ENCODED_RESPONSE,
    HEAD,
    NO_BODIES,
    NO_ID,
    NO_SPAN,
    REQUEST_CUT,
    REQUEST_PART,
    RESPONSE_CUT,
    RESPONSE_PART,
    TRACED,
)
from gateway.requestlog.frame_fields import MOST_ATTEMPTS, microseconds, short, short_type

if TYPE_CHECKING:
    from gateway.proxy.log_entry import Entry

_HEAD_SIZE: Final = HEAD.size
_pack: Final = HEAD.pack


def put_down(entry: Entry, version: bytes, outcome: int, seconds: float, request_whole: bool) -> None:
    """Write the frame of a request that took so many seconds; `version` answered it, or was to."""
    log, line = entry.log, entry.line
    request_type, response_type, request_body, response_body = _bodies(entry, request_whole)
    path, key, name, chosen = short(line.path), short(entry.key), log.name, entry.chosen
    texts = b"".join((
        line.method, path, name, version, chosen, key, request_type, response_type,
        request_body, response_body,
    ))  # fmt: skip
    trace, span, parent = _ids(entry)
    latency, queue, service = _times(entry, seconds)
    ring, more_request, more_response = log.book.ring, entry.more_request, entry.more_response
    head = _pack(
        _HEAD_SIZE + len(texts), entry.flags, ring.n, log.book.wall_clock(entry.started + seconds),
        len(entry.request) if more_request is None else more_request.size,
        len(entry.response) if more_response is None else more_response.size,
        entry.identity, trace, span, parent, latency, queue, service, len(request_body), len(response_body),
        len(key), len(request_type), len(response_type), min(entry.attempts, MOST_ATTEMPTS),
        log.revision, entry.status, len(path), len(name), len(version), len(chosen), len(line.method),
        outcome, entry.why,
    )  # fmt: skip
    ring.write(head + texts)


def _bodies(entry: Entry, request_whole: bool) -> tuple[bytes, bytes, bytes, bytes]:
    """Return both content types and both bodies, all empty where the route's bodies are not logged."""
    if not entry.log.bodies:
        entry.flags = entry.flags & TRACED | NO_BODIES
        return b"", b"", b"", b""
    request, more_request = entry.request, entry.more_request
    response, more_response, is_whole = entry.response, entry.more_response, not entry.flags & RESPONSE_PART
    request = _kept(entry, request, more_request, request_whole, REQUEST_CUT, REQUEST_PART, ENCODED_REQUEST)
    response = _kept(entry, response, more_response, is_whole, RESPONSE_CUT, RESPONSE_PART, ENCODED_RESPONSE)
    return short_type(entry.request_type), short_type(entry.response_type), request, response


def _kept(
    entry: Entry, first: bytes, more: KeptBody | None, is_whole: bool, cut: int, part: int, encoded: int
) -> bytes:
    """Return a body as far as it is logged, and say by one of these flags what is not."""
    if not is_whole:
        entry.flags |= part
    elif more is None:
        if not first:
            entry.flags &= ~encoded
        return first
    elif more.size > entry.log.body_limit:
        entry.flags |= cut
    else:
        return more.whole()
    return b""


def _ids(entry: Entry) -> tuple[bytes, bytes, bytes]:
    """Return the trace, the gateway's span and the client's."""
    if entry.given:
        return entry.given[3:35], entry.span or NO_SPAN, entry.given[36:52]
    return (entry.identity, entry.span, NO_SPAN) if entry.span else (NO_ID, NO_SPAN, NO_SPAN)


def _times(entry: Entry, seconds: float) -> tuple[int, int, int]:
    """Return the whole time, that until it was sent, and from then until an answer began."""
    whole = microseconds(seconds)
    if not entry.attempts:
        return whole, whole, 0
    answered = entry.first_byte or seconds
    return whole, microseconds(entry.sent_at), microseconds(answered - entry.sent_at)
