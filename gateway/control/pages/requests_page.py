"""Requests: a search that works without a script, and everything about one of them."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.control.pages.desk import Desk
from gateway.control.pages.page import Page
from gateway.control.pages.request_view import view_of
from gateway.control.problems import Refusal, refusal_of
from gateway.control.queries import requests_reading
from gateway.control.queries.requests_asked import Search, search_of
from gateway.control.readings import live_plan
from gateway.errors import GatewayError
from gateway.monitoring.tally_layout import OUTCOMES
from gateway.requestlog.columns import WHYS

FIELDS: Final = ("route", "version", "status", "outcome", "why", "since", "until", "path", "key")
USUAL_SINCE: Final = "1d"


def pages(desk: Desk) -> list[Page]:
    """Return the pages of single requests."""
    return [
        Page("/requests", partial(listed, desk), is_whole=True),
        Page("/requests/{id}", partial(shown, desk), is_whole=True),
    ]


async def listed(desk: Desk, request: Request) -> Response:
    """Answer the search; with an id, lead to that request."""
    asked = dict(request.query_params)
    identity = asked.pop("id", "").strip()
    if identity:
        return RedirectResponse(f"/requests/{quote(identity, safe='')}", 303)
    if not asked:
        asked = {"since": USUAL_SINCE}
    found, problem, status = await _searched(desk, asked)
    given = {name: asked.get(name, "") for name in FIELDS}
    plan = live_plan(desk.places)
    answer = desk.page(
        request,
        "requests.html",
        {
            "asked": given,
            "is_later": "before" in asked,
            "found": found["requests"],
            "problem": problem,
            "older": _link(given, found["next"]) if found["next"] else "",
            "newest": _link(given),
            "routes": [route.name for route in plan.routes],
            "versions": [service.name for service in plan.services],
            "outcomes": OUTCOMES,
            "whys": WHYS,
        },
        title="Requests",
    )
    answer.status_code = status
    return answer


async def _searched(desk: Desk, asked: dict[str, str]) -> tuple[dict[str, Any], str, int]:
    """Return what is found, or nothing with the reason and the status of the answer."""
    try:
        return await _found(desk, search_of(asked, time.time())), "", 200
    except (Refusal, GatewayError) as error:
        told = refusal_of(error)
        return {"requests": [], "next": None}, told.detail, told.status


async def _found(desk: Desk, search: Search) -> dict[str, Any]:
    return await requests_reading.reading(partial(requests_reading.search, desk.places, search))


def _link(asked: dict[str, str], before: str = "") -> str:
    words = {name: value for name, value in asked.items() if value} or {"since": ""}
    return f"/requests?{urlencode({**words, **({'before': before} if before else {})})}"


async def shown(desk: Desk, request: Request) -> Response:
    """Answer everything about one request."""
    identity = request.path_params["id"]
    try:
        found = await requests_reading.reading(partial(requests_reading.one, desk.places, identity))
    except Refusal as error:
        answer = desk.page(request, "request.html", {"it": None, "problem": error.detail}, title="A request")
        answer.status_code = error.status
        return answer
    return desk.page(
        request, "request.html", {"it": view_of(found), "problem": ""}, title=f"Request {identity[:12]}"
    )
