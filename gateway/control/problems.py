"""Every refusal of the admin API as RFC 9457 problem details, translated here and nowhere else.

The detail says what was wrong and what to do next. Whose mistake it was decides the status: 4xx for the
caller's, 503 where the same call may succeed in a moment, 500 for our own.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from http import HTTPStatus

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.audit.event import attempt_now
from gateway.errors import ChangeRefused, GatewayError, StaleRevision

log = logging.getLogger("gateway.control")

MEDIA_TYPE = "application/problem+json"


class Refusal(Exception):
    """A request that is answered with a problem; `members` are further members of the document."""

    def __init__(
        self,
        status: int,
        detail: str,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = dict(members or {})
        super().__init__(detail)

    def response(self) -> Response:
        """Return the answer."""
        if (attempt := attempt_now()) is not None:
            attempt.detail = self.detail
        document = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }
        return Response(orjson.dumps(document) + b"\n", self.status, self.headers, MEDIA_TYPE)


ANSWERED: tuple[type[Exception], ...] = (Refusal, GatewayError, sqlite3.Error, OSError, Exception)
"""What `answer` is the handler of; the server logs a traceback for what only the last of them fits."""


def refusal_of(error: Exception) -> Refusal:
    """Return what the client is told of a failure."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, StaleRevision):
        return Refusal(412, f"{error}; read the weights again and repeat the change on what they are now")
    if isinstance(error, ChangeRefused):
        return Refusal(422, f"{error}; nothing was changed")
    if isinstance(error, GatewayError):
        return Refusal(503, str(error), {"retry-after": "1"})
    if isinstance(error, (sqlite3.Error, OSError)):
        log.error("a request failed: %s: %s", type(error).__name__, error)
        what = f"the state directory cannot be used ({error}); see that its disk is writable and not full"
        return Refusal(503, f"{what}, then look at the revision before trying again", {"retry-after": "1"})
    return Refusal(500, "this is a mistake in the gateway, not in the request; its log has the traceback")


async def answer(_request: Request, error: Exception) -> Response:
    """Starlette's handler for exceptions that are no HTTPException."""
    return refusal_of(error).response()


async def answer_http(request: Request, error: Exception) -> Response:
    """Starlette's handler for what its router refuses: an unknown path, a method that is not for it."""
    if not isinstance(error, HTTPException):
        raise TypeError(f"not an HTTPException: {error!r}")
    headers = dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    if error.status_code == 404:
        detail = f"there is nothing at {request.url.path}; /openapi.json lists what there is"
    elif error.status_code == 405:
        detail = (
            f"{request.method} is not for {request.url.path}; use {headers.get('Allow', 'another method')}"
        )
    else:
        detail = str(error.detail)
    return Refusal(error.status_code, detail, headers).response()
