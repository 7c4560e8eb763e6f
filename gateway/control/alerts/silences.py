"""What the admin API tells of alerts and watched values, and its silences, free of HTTP."""

from __future__ import annotations

import time
from typing import Any

from gateway.audit.event import attempt_now
from gateway.control.alerts.models import NewSilence
from gateway.control.changes import Asker, known_route
from gateway.control.problems import Refusal
from gateway.control.readings import live_plan
from gateway.routing.places import Places
from gateway.watching import overview, store
from gateway.watching.notices import Silence
from gateway.watching.quiet import ask, told
from gateway.watching.silences import end_one


def alerts(places: Places, *, everything: bool) -> dict[str, Any]:
    """Return the alerts and the silences in force."""
    return overview.alerts(places, time.time(), everything=everything)


def monitor(places: Places, route: str, version: str) -> dict[str, Any]:
    """Return a route's latest values; raises Refusal where there is no such route."""
    plan = live_plan(places)
    known_route(plan, route)
    return overview.monitor(places, plan, route, version)


def silence(places: Places, asker: Asker, body: NewSilence) -> dict[str, Any]:
    """Have nobody told of a rule for a while; raises ChangeRefused where the plan has no such rule."""
    made = ask(places, live_plan(places), body.rule, body.route, asker.author, body.reason, body.seconds)
    shown = told(made)
    if (attempt := attempt_now()) is not None:
        attempt.what, attempt.route = "silence", body.route
        attempt.after = {"rule": body.rule, "until": shown["until"]}
    return shown


def unsilence(places: Places, number: int) -> dict[str, Any]:
    """End a silence; raises Refusal where there is none of that number."""
    found: Silence | None = None
    if places.watch.exists():
        with store.opened(places.watch) as connection:
            found = end_one(connection, number, time.time())
    if found is None:
        raise Refusal(404, f"no silence {number} is in force; GET /api/v1/alerts lists those that are")
    if (attempt := attempt_now()) is not None:
        attempt.what, attempt.route, attempt.before = "unsilence", found.route, {"rule": found.rule}
    return told(found)
