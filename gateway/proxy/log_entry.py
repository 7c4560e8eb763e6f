"""What the log is to know of one request: noted as it goes its way, left in memory as one frame at its end.

Only requests that are logged have an entry. Nothing is decoded or filtered here, and nothing copied before
the end. A frame that there is no room for is dropped and counted by the ring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.errors import Fault
from gateway.http.headers import Shape
from gateway.http.strict import RequestLine
from gateway.proxy.answered import Answer
from gateway.proxy.kept_body import KeptBody
from gateway.proxy.observe import OF_FAULT
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
    from gateway.proxy.logbook import RouteLog

WEIGHTS: Final = 0
STICKY: Final = 1
OVERRIDE: Final = 2
PREVIEW: Final = 3
"""Places in `gateway.requestlog.columns.WHYS`."""

_HEAD_SIZE: Final = HEAD.size
_pack: Final = HEAD.pack


class Entry:
    """One logged request; what it is told of time is in seconds since the request's head came.

    `chosen` is the service that the split, an override or a preview named, `why` by which of them; `key` is
    the sticky key.
    """

    __slots__ = (
        "_answered",
        "_attempts",
        "_flags",
        "_given",
        "_id",
        "_line",
        "_log",
        "_more_request",
        "_more_response",
        "_request",
        "_request_type",
        "_response",
        "_response_type",
        "_sent",
        "_span",
        "_started",
        "_status",
        "chosen",
        "key",
        "why",
    )

    def __init__(self, log: RouteLog, line: RequestLine, identity: bytes, started: float) -> None:
        """`identity` is its id in hex, `started` is when its head came (CLOCK_MONOTONIC)."""
        self._log = log
        self._line = line
        self._id = identity
        self._started = started
        self._sent = self._answered = 0.0
        self._attempts = self._flags = self._status = self.why = 0
        self._request = self._response = b""  # a body in one piece within the limit, as nearly all are
        self._more_request: KeptBody | None = None
        self._more_response: KeptBody | None = None
        self._given = self._span = self._request_type = self._response_type = b""
        self.chosen = self.key = b""

    def request_head(self, fields: dict[bytes, bytes], shape: Shape) -> None:
        """Note what the request says about its body."""
        if shape.content_type is not None:
            self._request_type = fields[shape.content_type]
        if shape.encoding is not None:
            self._flags |= ENCODED_REQUEST

    def traced(self, given: bytes, span: bytes, is_traced: bool) -> None:
        """Note the traceparent that the client gave and the span that the service was told, or nothing."""
        self._given = given
        self._span = span
        if is_traced:
            self._flags |= TRACED

    def request_body(self, body: bytes) -> None:
        """More of the request's body came."""
        if self._more_request is not None:
            self._more_request.add(body)
        elif self._request:
            self._more_request = KeptBody(self._log.body_limit, self._request)
            self._more_request.add(body)
            self._request = b""
        elif len(body) > self._log.body_limit:
            self._more_request = KeptBody(self._log.body_limit, body)
        else:
            self._request = body

    def sent(self, seconds: float) -> None:
        """It was given to a connection of a replica, for the first time or once more."""
        self._attempts += 1
        self._sent = seconds

    def headed(self, status: int, seconds: float) -> None:
        """The answer has begun."""
        self._status = status
        self._answered = seconds

    def answered(self, answer: Answer, body: bytes, seconds: float) -> None:
        """The head of a service's answer came, with what there is of its body."""
        self.headed(answer.status, seconds)
        shape = answer.shape
        if shape.content_type is not None:
            self._response_type = answer.fields[shape.content_type]
        if shape.encoding is not None:
            self._flags |= ENCODED_RESPONSE
        if body:
            self.answer_body(body)

    def answer_body(self, body: bytes) -> None:
        """More of the answer's body came."""
        if self._more_response is not None:
            self._more_response.add(body)
        elif self._response:
            self._more_response = KeptBody(self._log.body_limit, self._response)
            self._more_response.add(body)
            self._response = b""
        elif len(body) > self._log.body_limit:
            self._more_response = KeptBody(self._log.body_limit, body)
        else:
            self._response = body

    def failed(self, version: bytes, fault: Fault, seconds: float, request_whole: bool) -> None:
        """It ended with the gateway's own answer, a part of the service's, or none as its client left."""
        if self._status:
            self._flags |= RESPONSE_PART
        elif fault.outcome != "disconnected":
            self._status = fault.status
        self.ended(version, OF_FAULT[fault.outcome], seconds, request_whole)

    def ended(self, version: bytes, outcome: int, seconds: float, request_whole: bool) -> None:
        """It is over: leave the frame. `version` is the service that answered, or was to."""
        log, line, more_request, more_response = (
            self._log,
            self._line,
            self._more_request,
            self._more_response,
        )
        request_body = response_body = request_type = response_type = b""
        if log.bodies:
            request_type, response_type = short_type(self._request_type), short_type(self._response_type)
            is_whole = not self._flags & RESPONSE_PART
            request_body = self._kept(
                self._request, more_request, request_whole, REQUEST_CUT, REQUEST_PART, ENCODED_REQUEST
            )
            response_body = self._kept(
                self._response, more_response, is_whole, RESPONSE_CUT, RESPONSE_PART, ENCODED_RESPONSE
            )
        else:
            self._flags = self._flags & TRACED | NO_BODIES
        path, key, name, chosen = short(line.path), short(self.key), log.name, self.chosen
        texts = b"".join((
            line.method, path, name, version, chosen, key, request_type, response_type,
            request_body, response_body,
        ))  # fmt: skip
        trace, span, parent = self._ids()
        latency, queue, service = self._times(seconds)
        ring = log.book.ring
        head = _pack(
            _HEAD_SIZE + len(texts), self._flags, ring.n, log.book.wall_clock(self._started + seconds),
            len(self._request) if more_request is None else more_request.size,
            len(self._response) if more_response is None else more_response.size,
            self._id, trace, span, parent, latency, queue, service, len(request_body), len(response_body),
            len(key), len(request_type), len(response_type), min(self._attempts, MOST_ATTEMPTS),
            log.revision, self._status, len(path), len(name), len(version), len(chosen), len(line.method),
            outcome, self.why,
        )  # fmt: skip
        ring.write(head + texts)

    def _ids(self) -> tuple[bytes, bytes, bytes]:
        """Return the trace, the gateway's span and the client's."""
        if self._given:
            return self._given[3:35], self._span or NO_SPAN, self._given[36:52]
        return (self._id, self._span, NO_SPAN) if self._span else (NO_ID, NO_SPAN, NO_SPAN)

    def _times(self, seconds: float) -> tuple[int, int, int]:
        """Return the whole time, that until it was sent, and from then until an answer began."""
        whole = microseconds(seconds)
        if not self._attempts:
            return whole, whole, 0
        return whole, microseconds(self._sent), microseconds((self._answered or seconds) - self._sent)

    def _kept(
        self, first: bytes, more: KeptBody | None, is_whole: bool, cut: int, part: int, encoded: int
    ) -> bytes:
        """Return a body as far as it is logged, and say by one of these flags what is not."""
        if not is_whole:
            self._flags |= part
        elif more is None:
            if not first:
                self._flags &= ~encoded
            return first
        elif more.size > self._log.body_limit:
            self._flags |= cut
        else:
            return more.whole()
        return b""
