"""Models and data: how good each version is, what it is asked and answers, what has moved since training."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.control.alerts import course as monitor_course
from gateway.control.changes import known_route
from gateway.control.pages.desk import Desk
from gateway.control.pages.models_view import groups_of, heads_of, spreads_of
from gateway.control.pages.page import Page
from gateway.control.queries import requests_reading
from gateway.control.readings import live_plan
from gateway.requestlog.formats import literal
from gateway.routing.places import Places
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


def pages(desk: Desk) -> list[Page]:
    """Return the pages of models."""
    return [Page("/models", partial(listed, desk)), Page("/models/{name}", partial(shown, desk))]


async def listed(desk: Desk, request: Request) -> Response:
    """Answer every route with what matters most of each version."""
    values = await requests_reading.reading(partial(_all, desk.places))
    return desk.page(request, "models.html", values, title="Models and data")


def _all(places: Places) -> dict[str, Any]:
    plan = live_plan(places)
    alarms = overview.alerts(places, time.time())["alerts"]
    return {
        "routes": [
            {
                "name": route.name,
                "alarms": sum(one["route"] == route.name for one in alarms),
                "versions": heads_of(
                    [service for service, _ in route.weights],
                    overview.monitor(places, plan, route.name)["values"],
                ),
            }
            for route in plan.routes
        ]
    }


async def shown(desk: Desk, request: Request) -> Response:
    """Answer one route: alarms, quality by day, every watched value with what it is compared with."""
    name = request.path_params["name"]
    values = await requests_reading.reading(partial(_one, desk.places, name))
    return desk.page(request, "model.html", values, title=f"Models on {name}")


def _one(places: Places, name: str) -> dict[str, Any]:
    plan = live_plan(places)
    route = known_route(plan, name)
    found = overview.monitor(places, plan, name)
    alarms = overview.alerts(places, time.time())["alerts"]
    return {
        "route": name,
        "at": found["at"],
        "minutes": found["window_seconds"] / 60,
        "groups": groups_of(found["values"]),
        "spreads": spreads_of(monitor_course.spread(places, plan, name)),
        "alarms": [one for one in alarms if one["route"] == name],
        "quality": QUALITY.format(route=literal(name)),
        "calibration": CALIBRATION.format(route=literal(name)),
        "is_labelled": bool(route.log),
    }
