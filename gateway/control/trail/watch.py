"""Sees every request of the admin side, and records what nobody else did: refused attempts, and changes.

Changes of routing record themselves, with what was before and after. This is the net below: an endpoint that
needs more than a viewer's role and changes something is recorded whether or not its author thought of it.
"""

from __future__ import annotations

import re
import weakref
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.audit.event import Attempt, Event, Result, attempt_now, attempting
from gateway.audit.recorder import Kind, Recorder
from gateway.control.access.login import DONE, source_of
from gateway.control.access.roles import Principal, principal_of
from gateway.routing.audited import note, trail_of
from gateway.routing.places import Places

WHO_OR_WHERE: Final = frozenset({401, 403, 421, 429})
"""Refusals of a person, a role or a name: recorded for whatever was asked."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ACTIONS: Final = {
    "setWeights": "set-weight",
    "rollBackRoute": "rollback",
    "rollBackAll": "rollback",
    "startRollout": "rollout",
    "pauseRollout": "pause",
    "resumeRollout": "resume",
    "promoteRollout": "promote",
    "abortRollout": "abort",
}
"""What the history calls the operations that make revisions."""


def action_of(operation: str) -> str:
    """Return what the trail calls an operation: `add-silence`."""
    named = _ACTIONS.get(operation)
    return named or re.sub(r"(?<=[a-z])([A-Z])", r"-\1", operation).lower()


class Audited:
    """ASGI middleware, the outermost one."""

    def __init__(self, app: ASGIApp, places: Places) -> None:
        self._app = app
        self.recorder = Recorder(trail_of(places))
        weakref.finalize(self, self.recorder.close)  # when the process ends, at the latest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        asked = f"{scope['method']} {scope['path'][:200]}"
        attempt = Attempt(source_of(scope), asked, put=self.recorder.put)
        try:
            with attempting(attempt):
                await self._app(scope, receive, seen)
        finally:
            event = event_of(attempt, principal_of(scope), scope["method"], status)
            if event is not None:
                self.recorder.put(event, _no_door(status, attempt.origin) if attempt.what == asked else None)


def _no_door(status: int, origin: str) -> Kind:
    """Return one kind for all paths: whoever tries many of them is throttled all the same."""
    return f"requests answered {status}", "unknown", origin, "refused"


def event_of(attempt: Attempt, principal: Principal | None, method: str, status: int) -> Event | None:
    """Return what is to be recorded of a request, None where nothing is or something was already."""
    is_refused = status in WHO_OR_WHERE or (status >= 400 and attempt.is_change)
    if attempt.recorded or not (is_refused or (attempt.is_change and method not in SAFE)):
        return None
    result: Result = "done" if not is_refused else "refused" if status < 500 else "failed"
    return Event(
        attempt.what,
        principal.name if principal else "unknown",
        attempt.origin,
        attempt.route,
        before=attempt.before,
        after=attempt.after,
        why=attempt.why,
        result=result,
        detail=f"{status}: {attempt.detail}" if is_refused else "",
    )


def on_access(
    places: Places, what: str, principal: Principal | None, source: str, about: str, result: str
) -> None:
    """Record who came in, and what was done with tokens; what was refused is recorded as the request is."""
    attempt = attempt_now()
    if result == DONE:
        after = {"person" if what == "revoke person" else "token": about} if about else None
        who = principal.name if principal else "unknown"
        note(places, what.replace(" ", "-"), who, origin=source, after=after)
    elif attempt is not None and principal is None:
        attempt.what = f"{what}-failed"
