"""The part of the admin API that is about what was logged: requests, queries in SQL, and values over time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.audit.event import attempt_now
from gateway.control.access.roles import principal_of
from gateway.control.alerts import course as monitor_course
from gateway.control.bodies import check_known, read_body
from gateway.control.changes import known_route
from gateway.control.problems import Refusal
from gateway.control.queries import requests_reading
from gateway.control.queries.allowance import Allowance
from gateway.control.queries.asking import ask
from gateway.control.queries.models import KEY_LIMIT, KeyGiven, NewQuery
from gateway.control.queries.process import Question
from gateway.control.queries.pseudonyms import pseudonym
from gateway.control.queries.requests_asked import search_of
from gateway.control.queries.turns import Turns
from gateway.control.readings import live_plan
from gateway.control.replies import reply
from gateway.routing.places import Places

QUERY_EXAMPLE = '{"sql": "SELECT version, count(*) FROM requests GROUP BY 1"}'
KEY_EXAMPLE = '{"key": "user-17"}'
SECONDS = 10.0
AT_ONCE, WAITING = 2, 8
"""Queries that run at the same time, whoever asks, each in `process.MOST_MEMORY`; and how many more wait."""
PATIENCE = 15.0
"""Seconds that a query waits for its turn."""
KEYS_OFTEN, KEYS_WITHIN = 30, 60.0
"""How many users' keys a caller may have turned into pseudonyms, in how many seconds."""
CSV = "text/csv"


class QueryApi:
    """The endpoints of requests and queries."""

    def __init__(self, places: Places, seconds: float = SECONDS) -> None:
        self._places = places
        self._seconds = seconds
        self._turns = Turns(AT_ONCE, WAITING, PATIENCE)
        self._keys = Allowance(KEYS_OFTEN, KEYS_WITHIN)

    def routes(self) -> list[Route]:
        """Return every path there is."""
        return [
            Route("/api/v1/requests", self.requests),
            Route("/api/v1/requests/{id}", self.request),
            Route("/api/v1/pseudonym", self.pseudonym, methods=["POST"]),
            Route("/api/v1/query", self.query, methods=["POST"]),
            Route("/api/v1/monitors/{name}/course", self.course),
        ]

    async def requests(self, request: Request) -> Response:
        """Answer requests, newest first."""
        asked = search_of(request.query_params, time.time())
        return reply(await requests_reading.reading(partial(requests_reading.search, self._places, asked)))

    async def request(self, request: Request) -> Response:
        """Answer everything about one request."""
        identity = request.path_params["id"]
        return reply(await requests_reading.reading(partial(requests_reading.one, self._places, identity)))

    async def pseudonym(self, request: Request) -> Response:
        """Answer what the log has in the place of a sticky key; who asked, and for which one, is recorded."""
        try:
            body = await read_body(request, KeyGiven, KEY_EXAMPLE, required=True)
        except Refusal as refusal:
            if refusal.status != 400:
                raise
            told = f"send JSON such as {KEY_EXAMPLE}, the key as a text of 1 to {KEY_LIMIT:,} characters"
            raise Refusal(400, told) from None  # what was sent is not repeated: refusals are remembered
        principal = principal_of(request.scope)
        self._keys.take(principal.name if principal else "")
        found = {"pseudonym": await requests_reading.reading(partial(pseudonym, self._places, body.key))}
        if (attempt := attempt_now()) is not None:
            attempt.after = found
        return reply(found)

    async def course(self, request: Request) -> Response:
        """Answer a route's watched values over time, and how its fields' values spread."""
        check_known(request.query_params, ["windows"], "query parameter")
        windows = _windows(request.query_params.get("windows", str(monitor_course.USUAL)))
        work = partial(watched, self._places, request.path_params["name"], windows)
        return reply(await requests_reading.reading(work))

    async def query(self, request: Request) -> Response:
        """Answer a query, as JSON or as CSV; whoever leaves takes it along."""
        body = await read_body(request, NewQuery, QUERY_EXAMPLE, required=True)
        as_csv = _prefers_csv(request.headers.get("accept", ""))
        question = Question(str(self._places.state), body.sql, body.limit, self._seconds, as_csv=as_csv)
        truncated, content = await _unless_left(request, self._answer(question))
        if not as_csv:
            return Response(content, media_type="application/json")
        headers = {
            "content-disposition": 'attachment; filename="query.csv"',
            "content-type": f"{CSV}; charset=utf-8; header=present",
            "gateway-truncated": "true" if truncated else "false",
        }
        return Response(content, headers=headers)

    async def _answer(self, question: Question) -> tuple[bool, bytes]:
        async with self._turns.turn():
            return await ask(question)


def watched(places: Places, name: str, windows: int) -> dict[str, Any]:
    """Return the course of a route's values and their spread; raises Refusal where there is no such route."""
    plan = live_plan(places)
    known_route(plan, name)
    spreads = monitor_course.spread(places, plan, name)
    return {**monitor_course.course(places, plan, name, windows), "spreads": spreads}


async def _unless_left(
    request: Request, answering: Coroutine[Any, Any, tuple[bool, bytes]]
) -> tuple[bool, bytes]:
    """Return a query's answer; ends the query where the client leaves before."""
    asking = asyncio.create_task(answering)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({asking, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            return asking.result()
        raise Refusal(400, "the client left before its query was answered")
    finally:
        for task in (asking, leaving):
            task.cancel()
        await asyncio.gather(asking, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _windows(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= monitor_course.MOST:
        return int(text)
    raise Refusal(400, f"windows must be a whole number from 1 to {monitor_course.MOST}, not {text[:40]}")


def _prefers_csv(accept: str) -> bool:
    """Tell whether CSV is named, and JSON is not."""
    kinds = [kind.partition(";")[0].strip().lower() for kind in accept.split(",")]
    return CSV in kinds and "application/json" not in kinds
