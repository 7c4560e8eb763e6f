"""The page of one route's rollout: look, start it, move it, plan the next one."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.control.changes import known_route
from gateway.control.pages.desk import CONTENT_POLICY, Desk
from gateway.control.pages.metric_view import SPAN
from gateway.control.pages.page import Page
from gateway.control.pages.rollout_past import events, trace
from gateway.control.pages.rollout_traffic import mean_traffic
from gateway.control.pages.rollout_view import view
from gateway.control.preconditions import etag
from gateway.control.readings import live_plan
from gateway.control.rollouts.changes import told
from gateway.control.rollouts.standing import is_under_way
from gateway.control.rollouts.state import FRESH
from gateway.control.rollouts.words import duration
from gateway.routing import journal
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan

PATH = "/routes/{name}/rollout"


def pages(desk: Desk) -> list[Page]:
    """Return the page of a rollout, and the pieces of it that are shown anew while one looks."""
    room = RolloutPage(desk)
    return [
        Page(PATH, room.whole),
        Page(f"{PATH}/state", room.state),
        Page(f"{PATH}/events", room.events),
    ]


class RolloutPage:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def whole(self, request: Request) -> Response:
        """Answer the page."""
        name = request.path_params["name"]
        values = await asyncio.to_thread(contents, self._desk.places, name)
        seen = self._desk.history.of(name, values["weights"])
        values["traffic"] = mean_traffic(seen)
        return self._desk.page(request, "rollout.html", values, title=f"Rollout of {name}")

    async def state(self, request: Request) -> Response:
        """Answer what changes by the second."""
        name = request.path_params["name"]
        values = await asyncio.to_thread(state_of, self._desk.places, name)
        return self._piece("rollout_state.html", values)

    async def events(self, request: Request) -> Response:
        """Answer what happened; asked for when the revision is another one."""
        name = request.path_params["name"]
        found = await asyncio.to_thread(events, self._desk.places, name)
        return self._piece("rollout_events.html", {"events": found, "revision": 0})

    def _piece(self, template: str, values: dict[str, Any]) -> Response:
        text = self._desk.templates.get_template(template).render(**values)
        headers = {"content-security-policy": CONTENT_POLICY, "cache-control": "no-store"}
        if values["revision"]:
            headers["etag"] = etag(values["revision"])
        return HTMLResponse(text, headers=headers)


def state_of(places: Places, name: str) -> dict[str, Any]:
    """Return what changes by the second; raises Refusal (404) for an unknown route."""
    plan = live_plan(places)
    return _state(places, plan, known_route(plan, name))


def contents(places: Places, name: str) -> dict[str, Any]:
    """Return all that the page shows at first."""
    plan = live_plan(places)
    route = known_route(plan, name)
    progress = route.progress
    return {
        **_state(places, plan, route),
        "events": events(places, name),
        "trace": trace(places, progress.id) if progress and progress.is_active else [],
        "versions": candidates(plan, route),
        "suggested": progress.canary if progress else suggested(route),
        "usual_steps": ",".join(f"{step.weight / 1000:g}" for step in route.rollout.steps),
        "keep_warm": duration(route.rollout.keep_warm),
    }


def candidates(plan: RoutingPlan, route: Route) -> list[str]:
    """Return the versions that could be rolled out, those of the route first."""
    own = [name for name, _ in route.weights]
    names = dict.fromkeys([*own, *(service.name for service in plan.services)])
    return [name for name in names if name != route.stable]


def suggested(route: Route) -> str:
    """Return the version that is rolled out most likely: it has the most beside stable, or stands last."""
    others = [
        (units, place, name) for place, (name, units) in enumerate(route.weights) if name != route.stable
    ]
    return max(others, default=(0, 0, ""))[2]


def _state(places: Places, plan: RoutingPlan, route: Route) -> dict[str, Any]:
    state = told(places, plan, route)
    if is_under_way(state) and not state["judged"]:
        state["is_new"] = began_just_now(places, state["progress"]["id"])
    shown = {key: state[key] for key in ("route", "stable", "weights", "revision", "progress", "rate")}
    seen = view(state)
    tests = [test for card in seen["cards"] for test in card["tests"]]
    evidence = {test["key"]: [_percent(test, "worse"), _percent(test, "good")] for test in tests}
    return {
        **shown,
        "data": {**shown, "metrics": evidence, "moves": seen["moves"]},
        "seen": seen,
        "span": SPAN,
    }


def began_just_now(places: Places, rollout: int) -> bool:
    """Tell whether a rollout began so lately that a judge who looks each second need not have seen it."""
    with journal.opened(places.journal) as connection:
        began = journal.find(connection, rollout)
    return began is not None and abs(time.time() - began.at) <= FRESH


def _percent(test: dict[str, Any], side: str) -> int | None:
    return next((found["percent"] for found in test["sides"] if found["side"] == side), None)
