"""The pages on which a person asks a route for a prediction, by a form made from its model's own inputs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from gateway.control.access.roles import has, principal_of
from gateway.control.changes import known_route
from gateway.control.pages.desk import Desk
from gateway.control.pages.page import Page
from gateway.control.problems import Refusal
from gateway.control.readings import live_plan
from gateway.control.status.observation import read_running
from gateway.control.tries.api import AT_ONCE, Trial
from gateway.control.tries.form import Form, form_of
from gateway.control.tries.why import user_header, way_to
from gateway.errors import GatewayError
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan

MOST_ROUTES = 200


def pages(desk: Desk) -> list[Page]:
    """Return the list of routes that can be tried, and the form of each."""
    room = TryPage(desk)
    return [Page("/try", room.routes), Page("/try/{name}", room.form)]


@dataclass(frozen=True, slots=True)
class Listed:
    """One route in the list; `why_not` is empty where it can be tried."""

    name: str
    path: str
    model: str
    why_not: str
    is_public: bool


class TryPage:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._turns = asyncio.Semaphore(AT_ONCE)  # a form asks the service, which may hang

    async def routes(self, request: Request) -> Response:
        """Answer the list of routes."""
        found, more = await asyncio.to_thread(listed, self._desk.places)
        return self._desk.page(request, "try.html", {"routes": found, "more": more}, title="Try it")

    async def form(self, request: Request) -> Response:
        """Answer the form of one route."""
        principal = principal_of(request.scope)
        can_operate = principal is not None and has(principal.role, "operator")
        name = request.path_params["name"]
        async with self._turns:
            values = await asyncio.to_thread(shown, self._desk.places, name, can_operate)
        return self._desk.page(request, "try_route.html", values, title=f"Try {name}")


def listed(places: Places) -> tuple[list[Listed], int]:
    """Return the routes, those first that can be tried, and how many more there are."""
    plan, folder = live_plan(places), Path(read_running(places).config).parent
    found = [_listed(plan, route, folder) for route in plan.routes[:MOST_ROUTES]]
    return sorted(found, key=lambda one: bool(one.why_not)), len(plan.routes) - len(found)


def _listed(plan: RoutingPlan, route: Route, folder: Path) -> Listed:
    try:
        model, why_not = form_of(plan, route, folder).model, ""
    except GatewayError as error:
        model, why_not = "", str(error)
    return Listed(route.name, route.path, model, why_not, route.try_page)


def shown(places: Places, name: str, can_operate: bool) -> dict[str, object]:
    """Return what the page of one route shows; raises Refusal (404) for an unknown one."""
    plan = live_plan(places)
    route = known_route(plan, name)
    form, why_not = _form_or_why_not(places, plan, route, can_operate)
    return {
        "route": name,
        "form": form,
        "why_not": why_not,
        "versions": [
            {
                "name": version,
                "share": f"{route.share(version):g}",
                "is_stable": version == route.stable,
                "can_ask": way_to(route, version) is not None,
            }
            for version, _ in route.weights
        ],
        "stable": route.stable,
        "hidden": [
            f"{version} ({route.share(version):g} %)"
            for version, _ in route.weights
            if way_to(route, version) is None
        ],
        "user_header": _called(route),
        "is_public": route.try_page,
    }


def _form_or_why_not(places: Places, plan: RoutingPlan, route: Route, can_operate: bool) -> tuple[Form, str]:
    if route.auth is not None and not can_operate:
        return Form("", ""), "its clients need a key, so trying it needs the role operator"
    try:
        return Trial(places, plan, route).form, ""
    except (GatewayError, Refusal) as error:
        return Form("", ""), str(error)


def _called(route: Route) -> str:
    """Return how people call what pins a user here, empty where nothing that a form could say does."""
    known = user_header(route, "x")
    return "" if known is None or route.sticky is None else f"{route.sticky.kind} {route.sticky.name}"
