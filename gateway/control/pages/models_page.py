"""Models and data: how good each version is, what it is asked and answers, what has moved since training."""

from __future__ import annotations

import time
from collections.abc import Collection
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.control.alerts import course as monitor_course
from gateway.control.changes import known_route
from gateway.control.pages.desk import Desk
from gateway.control.pages.models_proof import alarm_link, led, value_link
from gateway.control.pages.models_standing import absence, standing
from gateway.control.pages.models_view import groups_of, heads_of, known, span, spreads_of
from gateway.control.pages.page import Page
from gateway.control.pages.recent_file import Key
from gateway.control.queries import requests_reading
from gateway.control.readings import live_plan
from gateway.control.status.observation import read_tallies
from gateway.requestlog.formats import literal
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.watching import overview

QUALITY: Final = (
    "SELECT since::DATE AS day, version, n, round(accuracy, 4) AS accuracy, round(auc, 4) AS auc,\n"
    "  round(log_loss, 4) AS log_loss, round(calibration, 4) AS calibration, round(mae, 4) AS mae,\n"
    "  round(rmse, 4) AS rmse\n"
    "FROM quality WHERE route = {route} AND since > now() - INTERVAL 60 days ORDER BY day, version"
)
CALIBRATION: Final = (
    "SELECT version, least(floor(p * 10), 9)::INT / 10 AS claimed_from, count(*) AS n,\n"
    "  round(avg(p), 3) AS claimed, round(avg(value), 3) AS came_true\n"
    "FROM (SELECT *, try_cast(predicted AS DOUBLE) AS p FROM labelled)\n"
    "WHERE route = {route} AND value IN (0, 1) AND p BETWEEN 0 AND 1 GROUP BY ALL ORDER BY 1, 2"
)

_IF_KNOWN: Final = ("accuracy", "calibration", "auc", "log_loss", "mae")
"""Columns of quality; a classifier has no MAE, and before the first label there is none at all."""


def pages(desk: Desk) -> list[Page]:
    """Return the pages of models."""
    return [
        Page("/models", partial(listed, desk)),
        Page("/models/{name}", partial(shown, desk)),
        Page("/models/{name}/proof", partial(led, desk)),
    ]


async def listed(desk: Desk, request: Request) -> Response:
    """Answer every route with what matters most of each version."""
    values = await requests_reading.reading(partial(_all, desk.places))
    return desk.page(request, "models.html", values, title="Models and data")


def _all(places: Places) -> dict[str, Any]:
    plan, asked = live_plan(places), _asked(places)
    alarms = overview.alerts(places, time.time())["alerts"]
    return {
        "routes": [
            _overview(
                plan, route, overview.monitor(places, plan, route.name, proved=_unproved), alarms, asked
            )
            for route in plan.routes
        ]
    }


def _asked(places: Places) -> set[Key]:
    """Return which version of which route the counters had requests of just now."""
    counts = (count for _, found in read_tallies(places).values() for count in found)
    return {(count.route, count.service) for count in counts if any(count.recent_outcomes)}


def _unproved(_: object) -> str:
    """Be the proof of values on the list, which shows none."""
    return ""


def _overview(
    plan: RoutingPlan,
    route: Route,
    found: dict[str, Any],
    alarms: list[dict[str, Any]],
    asked: Collection[Key],
) -> dict[str, Any]:
    """Return a row for each version of a route: what matters most, and what is to be said of it."""
    values, own = found["values"], [one for one in alarms if one["route"] == route.name]
    stretch = span(found["window_seconds"] or route.monitor.window)

    def row(one: dict[str, Any]) -> dict[str, Any]:
        is_new = found["at"] is None or (route.name, one["name"]) in asked
        absent, idle = absence(route, is_new=is_new, span=stretch)
        return {
            **one,
            "absent": absent,
            "marks": standing(one["name"], route.name, values, own, plan.alerts, idle),
        }

    versions = heads_of([service for service, _ in route.weights], values)
    of_all = standing("", route.name, values, own, plan.alerts)
    return {
        "name": route.name,
        "span": stretch,
        "versions": [row(one) for one in versions],
        "marks": [mark for mark in of_all if mark.kind in ("bad", "warn")],
        "columns": [name for name in _IF_KNOWN if any(known(one[name]) for one in versions)],
    }


async def shown(desk: Desk, request: Request) -> Response:
    """Answer one route: alarms, quality by day, every watched value with what it is compared with."""
    name = request.path_params["name"]
    values = await requests_reading.reading(partial(_one, desk.places, name))
    return desk.page(request, "model.html", values, title=f"Models on {name}")


def _one(places: Places, name: str) -> dict[str, Any]:
    plan = live_plan(places)
    route = known_route(plan, name)
    found = overview.monitor(places, plan, name, proved=partial(value_link, name))
    alarms = [one for one in overview.alerts(places, time.time())["alerts"] if one["route"] == name]
    return {
        "route": name,
        "at": found["at"],
        "over": _overview(plan, route, found, alarms, _asked(places)),
        "groups": groups_of(found["values"]),
        "spreads": spreads_of(monitor_course.spread(places, plan, name)),
        "alarms": [{**one, "proof": alarm_link(one)} for one in alarms],
        "quality": QUALITY.format(route=literal(name)),
        "calibration": CALIBRATION.format(route=literal(name)),
        "is_labelled": bool(route.log),
    }
