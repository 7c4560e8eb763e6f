"""What the log is to know of one request, noted as it goes its way; `log_frame.py` puts it down at its end.

Only requests that are logged have an entry. Nothing is decoded or filtered here, and nothing copied before
the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.errors import Fault
from gateway.http.headers import Shape
from gateway.http.strict import RequestLine
from gateway.proxy.answered import Answer
from gateway.proxy.kept_body import KeptBody
from gateway.proxy.log_frame import put_down
from gateway.proxy.observe import OF_FAULT
from gateway.requestlog.frame import ENCODED_REQUEST, ENCODED_RESPONSE, RESPONSE_PART, TRACED

if TYPE_CHECKING:
    from gateway.proxy.logbook import RouteLog

WEIGHTS: Final = 0
STICKY: Final = 1
OVERRIDE: Final = 2
PREVIEW: Final = 3
"""Places in `gateway.requestlog.columns.WHYS`."""


class Entry:
    """One logged request; what it is told of time is in seconds since the request's head came.

    `chosen` is the service that the split, an override or a preview named, `why` by which of them; `key` is
    the sticky key. `flags` are those of a frame. A body is in `request` or `response` while it is one piece
    within the limit, and else in `more_request` or `more_response`. `given` and `span` are what `traced` got.
    """

    __slots__ = (
        "attempts",
        "chosen",
        "first_byte",
        "flags",
        "given",
        "identity",
        "key",
        "line",
        "log",
        "more_request",
        "more_response",
        "request",
        "request_type",
        "response",
        "response_type",
        "sent_at",
        "span",
        "started",
        "status",
        "why",
    )

    def __init__(self, log: RouteLog, line: RequestLine, identity: bytes, started: float) -> None:
        """`identity` is its id in hex, `started` is when its head came (CLOCK_MONOTONIC)."""
        self.log = log
        self.line = line
        self.identity = identity
        self.started = started
        self.sent_at = self.first_byte = 0.0
        self.attempts = self.flags = self.status = self.why = 0
        self.request = self.response = b""  # bodies, in one piece as nearly all are
        self.more_request: KeptBody | None = None
        self.more_response: KeptBody | None = None
        self.given = self.span = self.request_type = self.response_type = b""
        self.chosen = self.key = b""

    def request_head(self, fields: dict[bytes, bytes], shape: Shape) -> None:
        """Note what the request says about its body."""
        if shape.content_type is not None:
            self.request_type = fields[shape.content_type]
        if shape.encoding is not None:
            self.flags |= ENCODED_REQUEST

    def traced(self, given: bytes, span: bytes, is_traced: bool) -> None:
        """Note the traceparent that the client gave and the span that the service was told, or nothing."""
        self.given = given
        self.span = span
        if is_traced:
            self.flags |= TRACED

    def request_body(self, body: bytes) -> None:
        """More of the request's body came."""
        if self.more_request is not None:
            self.more_request.add(body)
        elif self.request:
            self.more_request = KeptBody(self.log.body_limit, self.request)
            self.more_request.add(body)
            self.request = b""
        elif len(body) > self.log.body_limit:
            self.more_request = KeptBody(self.log.body_limit, body)
        else:
            self.request = body

    def sent(self, seconds: float) -> None:
        """It was given to a connection of a replica, for the first time or once more."""
        self.attempts += 1
        self.sent_at = seconds

    def headed(self, status: int, seconds: float) -> None:
        """The answer has begun."""
        self.status = status
        self.first_byte = seconds

    def answered(self, answer: Answer, body: bytes, seconds: float) -> None:
        """The head of a service's answer came, with what there is of its body."""
        self.headed(answer.status, seconds)
        shape = answer.shape
        if shape.content_type is not None:
            self.response_type = answer.fields[shape.content_type]
        if shape.encoding is not None:
            self.flags |= ENCODED_RESPONSE
        if body:
            self.answer_body(body)

    def answer_body(self, body: bytes) -> None:
        """More of the answer's body came."""
        if self.more_response is not None:
            self.more_response.add(body)
        elif self.response:
            self.more_response = KeptBody(self.log.body_limit, self.response)
            self.more_response.add(body)
            self.response = b""
        elif len(body) > self.log.body_limit:
            self.more_response = KeptBody(self.log.body_limit, body)
        else:
            self.response = body

    def failed(self, version: bytes, fault: Fault, seconds: float, request_whole: bool) -> None:
        """It ended with the gateway's own answer, a part of the service's, or none as its client left."""
        if self.status:
            self.flags |= RESPONSE_PART
        elif fault.outcome != "disconnected":
            self.status = fault.status
        self.ended(version, OF_FAULT[fault.outcome], seconds, request_whole)

    def ended(self, version: bytes, outcome: int, seconds: float, request_whole: bool) -> None:
        """It is over: leave the frame. `version` is the service that answered, or was to."""
        put_down(self, version, outcome, seconds, request_whole)
