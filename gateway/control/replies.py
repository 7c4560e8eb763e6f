"""What every handler of the admin API needs: who asks, and an answer in JSON with its revision as the tag."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.audit.event import attempt_now
from gateway.control.access.roles import has, principal_of
from gateway.control.changes import Asker
from gateway.control.preconditions import etag, if_match


def asker_of(request: Request, reason: str) -> Asker:
    """Return who asks for a change, why, and which revisions it may be based on."""
    principal = principal_of(request.scope)
    if (attempt := attempt_now()) is not None:
        attempt.why = reason
    return Asker(
        principal.name if principal else "unknown",
        reason,
        if_match(request.headers.get("if-match")),
        is_admin=principal is not None and principal.routes is None and has(principal.role, "admin"),
        is_limited=principal is not None and principal.routes is not None,
    )


def reply(value: object, revision: int | None = None) -> Response:
    """Return plain JSON values as an answer."""
    headers = {} if revision is None else {"etag": etag(revision)}
    return Response(orjson.dumps(value) + b"\n", headers=headers, media_type="application/json")
