"""What the admin API does to rollouts, free of HTTP: `rollouts` with its refusals as the API has them.

What a rollout's state or its canary's forbids is 409; a request that makes no sense at any time is 422.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gateway.control.changes import Asker, check_reach, known_route
from gateway.control.models import NewRollout, Promotion, Reasoned
from gateway.control.preconditions import check_latest
from gateway.control.problems import Refusal
from gateway.control.readings import live_plan, weights_of
from gateway.control.rollouts.state import read_judged, rollout_state, spec_state
from gateway.control.rollouts.steering import (
    Move,
    NotNow,
    aborting,
    make,
    pausing,
    promoting,
    resuming,
    starting,
    steps_of,
)
from gateway.routing.change import Request
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan

Told = dict[str, Any]


def start(places: Places, asker: Asker, route: str, body: NewRollout) -> Told:
    """Begin a rollout; return where it stands then."""
    steps = () if body.steps is None else steps_of(body.steps)
    check_reach(live_plan(places), asker, route, body.canary)
    begin = starting(places, body.canary, steps, force=body.force)
    return _made(places, asker, route, "rollout", lambda _: begin)


def pause(places: Places, asker: Asker, route: str, _body: Reasoned) -> Told:
    """Keep the canary's share as it is."""
    return _made(places, asker, route, "pause", pausing)


def resume(places: Places, asker: Asker, route: str, _body: Reasoned) -> Told:
    """Go on after a pause."""
    return _made(places, asker, route, "resume", resuming)


def promote(places: Places, asker: Asker, route: str, body: Promotion) -> Told:
    """Go to the next step, or make the canary stable at once."""
    now = time.time()
    return _made(places, asker, route, "promote", lambda request: promoting(request, now, full=body.full))


def abort(places: Places, asker: Asker, route: str, _body: Reasoned) -> Told:
    """Take the canary back."""
    return _made(places, asker, route, "abort", aborting)


def read(places: Places, route: str) -> Told:
    """Return a route's rollout as it is."""
    plan = live_plan(places)
    return told(places, plan, known_route(plan, route))


def told(places: Places, plan: RoutingPlan, route: Route) -> Told:
    """Return a route's rollout for an answer."""
    return {
        **weights_of(route),
        "revision": plan.revision,
        **rollout_state(route, read_judged(places), time.time()),
        "spec": spec_state(route.rollout),
    }


def _made(places: Places, asker: Asker, name: str, action: str, move: Callable[[Request], Move]) -> Told:
    def find(plan: RoutingPlan) -> Route:
        route = known_route(plan, name)
        check_latest(asker.expected, plan.revision)
        return route

    request = Request(action, asker.author, asker.reason)
    try:
        plan, route = make(places, request, find, move(request))
    except NotNow as error:
        raise Refusal(409, f"{error}; nothing was changed") from None
    return told(places, plan, route)
