"""The page Now: each route as one picture, and the button that takes everything back."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.control.access.roles import principal_of
from gateway.control.authors import spoken
from gateway.control.pages.allowed import refused
from gateway.control.pages.desk import Desk
from gateway.control.pages.now_state import now_state
from gateway.control.pages.page import Page
from gateway.routing.places import Places


def seen(places: Places) -> dict[str, Any]:
    """Return what is so now, with people called as on every page."""
    state = now_state(places)
    state["warnings"] = [spoken(text) for text in state["warnings"]]
    for route in state["routes"]:
        route["rollout"] = spoken(route["rollout"])
    return state


def pages(desk: Desk) -> list[Page]:
    """Return the page."""

    async def now(request: Request) -> Response:
        state = await asyncio.to_thread(seen, desk.places)
        principal = principal_of(request.scope)
        for route in state["routes"]:
            route["refused"] = refused(principal, route["name"])
            route["history"] = desk.history.of(route["name"], [it["name"] for it in route["versions"]])
        values: dict[str, Any] = {"now": state, "refused": refused(principal, None)}
        return desk.page(request, "now.html", values, title="Now")

    return [Page("/", now)]
