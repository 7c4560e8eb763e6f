"""The part of the admin API that tells who did what; it is read here, and written where it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.control.bodies import check_known
from gateway.control.problems import Refusal
from gateway.control.replies import reply
from gateway.control.trail.entries import MOST, SHOWN, Verification, entries
from gateway.routing.places import Places

LARGEST = 10**15


class AuditApi:
    """The endpoints of the audit trail."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._verification = Verification(places)

    def routes(self) -> list[Route]:
        """Return every path there is."""
        return [
            Route("/api/v1/audit", self.entries),
            Route("/api/v1/audit/verification", self.verification),
        ]

    async def entries(self, request: Request) -> Response:
        """Answer the entries, newest first."""
        asked = request.query_params
        check_known(asked, ["limit", "before", "who", "what", "route"], "query parameter")
        limit, before = number_of(asked, "limit", MOST), number_of(asked, "before", LARGEST)
        words = {name: asked.get(name, "") for name in ("who", "what", "route")}
        count = limit or SHOWN
        found = await asyncio.to_thread(entries, self._places, count, before, **words)
        is_more = len(found) == count and found[-1]["n"] > 1
        return reply({"entries": found, "next": found[-1]["n"] if is_more else None})

    async def verification(self, request: Request) -> Response:
        """Answer whether the trail is as it was written."""
        check_known(request.query_params, [], "query parameter")
        return reply(await asyncio.to_thread(self._verification.latest))


def number_of(asked: Mapping[str, str], name: str, most: int) -> int | None:
    """Return a whole number of the query, None where it is left out; raises Refusal."""
    text = asked.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 17 and 1 <= int(text) <= most:
        return int(text)
    raise Refusal(400, f"{name} must be a whole number from 1 to {most}, not {text[:40]}")
