"""The page on which a person changes a route's weights, with the difference in view before it is applied."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.control.access.roles import principal_of
from gateway.control.authors import spoken
from gateway.control.bodies import check_known
from gateway.control.changes import known_route
from gateway.control.meanwhile import DIGITS, meanwhile, sentence
from gateway.control.pages.allowed import refused
from gateway.control.pages.desk import Desk
from gateway.control.pages.page import Page
from gateway.control.problems import Refusal
from gateway.control.readings import live_plan
from gateway.control.replies import reply
from gateway.control.status.observation import read_running
from gateway.errors import GatewayError
from gateway.routing.file import read_plan, read_text
from gateway.routing.places import Places
from gateway.routing.revise import shares_of

PATH = "/routes/{name}/weights"


def pages(desk: Desk) -> list[Page]:
    """Return the page of a route's weights, and what it is made from, for loading it anew."""
    room = WeightsPage(desk)
    return [Page(PATH, room.whole), Page(f"{PATH}/state", room.state)]


class WeightsPage:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def whole(self, request: Request) -> Response:
        """Answer the page."""
        name = request.path_params["name"]
        found = await asyncio.to_thread(state_of, self._desk.places, name)
        values = {"state": found, "refused": refused(principal_of(request.scope), name)}
        return self._desk.page(request, "weights.html", values, title=f"Weights of {name}")

    async def state(self, request: Request) -> Response:
        """Answer the division, live and in routing.yaml, and what was changed `?since=`, as JSON."""
        check_known(request.query_params, ["since"], "query parameter")
        since = request.query_params.get("since", "")
        known = int(since) if since.isascii() and since.isdigit() and len(since) <= DIGITS else None
        if since and known is None:
            raise Refusal(400, f"since must be the number of a revision, not {since[:40]}")
        found = await asyncio.to_thread(state_of, self._desk.places, request.path_params["name"], known)
        return reply(found, found["revision"])


def state_of(places: Places, name: str, since: int | None = None) -> dict[str, Any]:
    """Return a route's division, live and in routing.yaml, and a line for each revision after `since`.

    Raises Refusal (404) for an unknown route.
    """
    plan = live_plan(places)
    route = known_route(plan, name)
    shares = shares_of(route)
    written, problem = file_shares(read_running(places).config, name)
    progress = route.progress
    return {
        "route": name,
        "stable": route.stable,
        "revision": plan.revision,
        "rows": [{"name": one, "live": share, "file": written.get(one)} for one, share in shares.items()],
        "others": [service.name for service in plan.services if service.name not in shares],
        "file_problem": problem,
        "meanwhile": [] if since is None else [spoken(sentence(one)) for one in meanwhile(places, since)],
        "rollout_of": progress.canary if progress is not None and progress.is_active else "",
    }


def file_shares(config: str, name: str) -> tuple[dict[str, float], str]:
    """Return what routing.yaml says of a route in percent, and why that is not known (else empty)."""
    if not config:
        return {}, "it is not known where routing.yaml is"
    path = Path(config)
    try:
        route = read_plan(read_text(path), path).route(name)
    except GatewayError as error:
        return {}, str(error)
    return (shares_of(route), "") if route else ({}, f"routing.yaml has no route {name}")
