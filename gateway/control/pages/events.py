"""GET /events: what the page Now shows, sent each second to everybody who looks, by server-sent events.

One look at the gateway serves all of them, and there is none while nobody looks. Each listener is sent the
latest state only, so a slow one misses seconds and keeps nothing in memory. A stream ends with the session or
token that opened it, within two seconds, and at once when the process ends. `hello` tells as whom it was
opened: where nobody is asked, a stream begins again after that, as somebody else's.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.control.access.identity import session_cookie
from gateway.control.access.login import access_of
from gateway.control.access.roles import principal_of
from gateway.control.pages.desk import Desk
from gateway.control.pages.now import seen
from gateway.control.pages.page import Page
from gateway.control.problems import Refusal, refusal_of
from gateway.errors import GatewayError

LISTENERS: Final = 64
EVERY: Final = 1.0
SLICE: Final = 0.1
"""Seconds within which the end of the process is noticed."""


def event(name: str, value: object) -> bytes:
    """Return one event as it is sent."""
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(value) + b"\n\n"


class Broadcast:
    """Looks once a second while anybody listens; `look` blocks and returns an event, `is_ending` ends all."""

    def __init__(
        self, look: Callable[[], bytes], is_ending: Callable[[], bool], every: float = EVERY
    ) -> None:
        self._look = look
        self._is_ending = is_ending
        self._every = every
        self._latest = b""
        self._news: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self.listeners = 0

    async def listen(self) -> AsyncIterator[bytes]:
        """Yield what was seen last and each new event; ends when the process does.

        Raises whatever looking raised.
        """
        self.listeners += 1
        try:
            if self._task is not None and not self._task.done() and self._latest:
                yield self._latest
            while not self._is_ending():
                task, news = self._at_work()
                await asyncio.wait({task, news}, return_when=asyncio.FIRST_COMPLETED)
                if task.done():
                    task.result()
                elif not self._is_ending():
                    yield self._latest
        finally:
            self.listeners -= 1

    def _at_work(self) -> tuple[asyncio.Task[None], asyncio.Future[None]]:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        if self._news is None or self._news.done():
            self._news = asyncio.get_running_loop().create_future()
        return self._task, self._news

    async def _run(self) -> None:
        while self.listeners and not self._is_ending():
            began = time.monotonic()
            self._latest = await asyncio.to_thread(self._look)
            if self._news is not None and not self._news.done():
                self._news.set_result(None)
            while time.monotonic() - began < self._every and not self._is_ending():  # noqa: ASYNC110
                await asyncio.sleep(min(SLICE, self._every))  # a signal's handler sets no asyncio.Event


def looking(desk: Desk) -> bytes:
    """Return the event of this moment: `now`, or `trouble` with what prevented it."""
    try:
        return event("now", seen(desk.places))
    except (GatewayError, sqlite3.Error, OSError) as error:
        return event("trouble", {"message": refusal_of(error).detail})


def pages(desk: Desk) -> list[Page]:
    """Return the stream."""
    broadcast = Broadcast(lambda: looking(desk), desk.is_ending)

    async def events(request: Request) -> Response:
        if broadcast.listeners >= LISTENERS:
            raise Refusal(503, f"{LISTENERS} pages are open already; close one", {"retry-after": "5"})
        return StreamingResponse(
            _stream(broadcast, request),
            media_type="text/event-stream",
            headers={"x-accel-buffering": "no"},
        )

    return [Page("/events", events)]


async def _stream(broadcast: Broadcast, request: Request) -> AsyncIterator[bytes]:
    principal = principal_of(request.scope)
    hello = {"id": secrets.token_hex(4), "who": principal.name if principal else ""}
    yield b"retry: 1000\n" + event("hello", hello)
    async for sent in broadcast.listen():
        if not await asyncio.to_thread(is_still_in, request):
            return
        yield sent


def is_still_in(request: Request) -> bool:
    """Tell whether whoever opened a stream might do so now; blocks for a moment."""
    principal = principal_of(request.scope)
    if principal is None or principal.kind not in ("session", "token"):
        return principal is not None
    access = access_of(request)
    if principal.kind == "session":
        return access.sessions.find(session_cookie(request.scope)) is not None
    token = access.tokens.find(principal.id)
    return token is not None and token.is_in_force(time.time())
