"""What others changed since somebody last looked, told to whoever comes too late.

A 412 alone says that a number is old. A person needs to know what was changed, by whom and what to do; a
program finds the same in `detail`, and reads the weights again as before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.control.authors import done_by
from gateway.control.preconditions import if_match
from gateway.control.problems import Refusal, refusal_of
from gateway.control.readings import entries
from gateway.routing import journal
from gateway.routing.places import Places

TOLD: Final = 3
"""Revisions that a refusal tells of, the latest; the page of weights shows as many."""
DIGITS: Final = 12


def meanwhile(places: Places, since: int, most: int = TOLD) -> list[dict[str, Any]]:
    """Return the latest revisions above `since`, newest first, each with its author and changes in words."""
    with journal.opened(places.journal) as connection:
        found = journal.latest(connection, most + 1)
    told = [entry for entry in entries(found) if entry["revision"] > since]
    return [{**entry, "what": done_by(entry["action"], entry["author"])} for entry in told[:most]]


def sentence(entry: dict[str, Any]) -> str:
    """Return one revision in a line: number, time, who, what, why."""
    changes = "; ".join(entry["difference"]).replace(" -> ", " → ") or "no difference"
    reason = f" (“{entry['reason']}”)" if entry["reason"] else ""
    return f"revision {entry['revision']}, {entry['at'][11:19]} UTC, {entry['what']}: {changes}{reason}"


def stale_answer(places: Places) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return Starlette's handler for StaleRevision: 412 with what was changed since the If-Match."""

    async def answer_stale(request: Request, error: Exception) -> Response:
        seen = _latest_of(if_match(request.headers.get("if-match")) or frozenset())
        found = await asyncio.to_thread(meanwhile, places, seen) if seen else []
        return Refusal(412, words(error, found)).response()

    return answer_stale


def words(stale: Exception, found: list[dict[str, Any]]) -> str:
    """Return what is told of a StaleRevision: what to do, and then what others did."""
    told = f"; changed meanwhile: {' · '.join(map(sentence, found))}" if found else ""
    return f"nothing was changed: {refusal_of(stale).detail}{told}"


def _latest_of(tags: frozenset[str]) -> int:
    numbers = [int(tag) for tag in tags if tag.isascii() and tag.isdigit() and len(tag) <= DIGITS]
    return max(numbers, default=0)
