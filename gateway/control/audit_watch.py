"""Sees every request of the admin side, and records what nobody else did: refused attempts, and changes.

Changes of routing record themselves, with what was before and after. This is the net below: an endpoint that
needs more than a viewer's role and changes something is recorded whether or not its author thought of it.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.audit.event import Attempt, Event, Result, attempt_now, attempting
from gateway.audit.throttle import WINDOW, Throttle
from gateway.control.access.login import DONE, source_of
from gateway.control.access.roles import Principal, principal_of
from gateway.routing.audited import trail_of
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
        self._trail = trail_of(places)
        self._throttle = Throttle()
        self._telling: asyncio.Task[None] | None = None

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

        attempt = Attempt(source_of(scope), f"{scope['method']} {scope['path'][:200]}")
        try:
            with attempting(attempt):
                await self._app(scope, receive, seen)
        finally:
            event = event_of(attempt, principal_of(scope), scope["method"], status)
            if event is not None:
                await self._record(event)

    async def _record(self, event: Event) -> None:
        if self._throttle.admit((event.what, event.who, event.origin, event.result), time.monotonic()):
            await asyncio.to_thread(self._trail.record, event)
        elif self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_left_out(), name="audit")

    async def _tell_left_out(self) -> None:
        await asyncio.sleep(WINDOW)
        for (what, who, origin, result), count in self._throttle.left_out(time.monotonic()):
            told = f"{count} more of these within a minute, without an entry each"
            event = Event(what, who, origin, result=_result(result), detail=told)
            await asyncio.to_thread(self._trail.record, event)


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
        after = {"token": about} if about else None
        who = principal.name if principal else "unknown"
        trail_of(places).record(Event(what.replace(" ", "-"), who, source, after=after))
    elif attempt is not None and principal is None:
        attempt.what = f"{what}-failed"


def _result(text: str) -> Result:
    return "done" if text == "done" else "failed" if text == "failed" else "refused"
