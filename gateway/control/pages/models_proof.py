"""The way from a watched value to the query that proves it, which is made when somebody asks for it.

The query of a drift has 2 to 3 KB and a route a hundred values: written out they would be most of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.control.changes import known_route
from gateway.control.pages.desk import Desk
from gateway.control.problems import Refusal
from gateway.control.queries import requests_reading
from gateway.control.readings import live_plan
from gateway.routing.places import Places
from gateway.routing.watches import SIGNALS
from gateway.watching import overview, proof
from gateway.watching.harvests import GATEWAY
from gateway.watching.signals import Signal
from gateway.watching.subject import Of
from gateway.watching.windows import Window

_LATEST: Final = 10**16
"""Microseconds since 1970: no window ends later than in the year 2286."""
_NONE: Final = "there is no query for that value any more; see the route's page"


def value_link(route: str, of: Of) -> str:
    """Return where the query of a value on a route's page is found; empty where the log does not have it."""
    if not proof.query(of):
        return ""
    about = {"signal": of.signal, "version": of.version, "field": of.name}
    return _link(route, {**about, "from": str(of.window.start), "until": str(of.window.end)})


def alarm_link(alarm: Mapping[str, Any]) -> str:
    """Return where the query of an alarm is found; empty where the log does not have it."""
    if not alarm["query"]:
        return ""
    return _link(alarm["route"], {name: alarm[name] for name in ("rule", "version", "field")})


def _link(route: str, about: Mapping[str, str]) -> str:
    told = {name: word for name, word in about.items() if word}
    return f"/models/{quote(route, safe='')}/proof?{urlencode(told)}"


async def led(desk: Desk, request: Request) -> Response:
    """Lead to the page SQL with the query of a value or an alarm."""
    asked = dict(request.query_params)
    sql = await requests_reading.reading(partial(_query, desk.places, request.path_params["name"], asked))
    if not sql:
        raise Refusal(404, _NONE)
    return RedirectResponse(f"/sql?{urlencode({'q': sql}, quote_via=quote)}", 303)


def _query(places: Places, name: str, asked: Mapping[str, str]) -> str:
    plan = live_plan(places)
    known_route(plan, name)
    rule, version, field = (asked.get(word, "") for word in ("rule", "version", "field"))
    if rule:
        return _of_alarm(places, (rule, name, version, field))
    signal, window = asked.get("signal", ""), _window(asked)
    if signal not in SIGNALS or window is None:
        return ""
    route = GATEWAY if signal == "dropped" else name
    return overview.value_query(places, plan, route, Signal(signal, version, field, None, 0), window)


def _of_alarm(places: Places, key: tuple[str, str, str, str]) -> str:
    names = ("rule", "route", "version", "field")
    found = overview.alerts(places, 0.0, everything=True)["alerts"]
    return next((str(it["query"]) for it in found if tuple(it[name] for name in names) == key), "")


def _window(asked: Mapping[str, str]) -> Window | None:
    """Return the window that was asked about, None where it is none."""
    said = [asked.get(name, "") for name in ("from", "until")]
    if not all(word.isascii() and word.isdigit() and len(word) < 18 for word in said):
        return None
    start, end = map(int, said)
    return Window(start, end) if start < end < _LATEST else None
