"""What a change of routing leaves in the audit trail: who, why, and what each route was and is.

It is called once a change is published, never before: no change waits for the trail. What a process that died
in between left out is found in the journal, by `gateway.routing.left_out`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gateway.audit.event import Event, Result, attempt_now, placed
from gateway.audit.trail import Trail
from gateway.errors import ChangeRefused, ConfigError, GatewayError
from gateway.routing.difference import difference
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.revise import shares_of

if TYPE_CHECKING:
    from gateway.routing.change import Request

ROUTES_TOLD = 20
CHANGES_TOLD = 20
CHANGES_LENGTH = 2_000
_OURSELVES = ("file", "rollout")
"""Authors whose changes this gateway tries again by itself."""
_TROUBLE = (GatewayError, OSError, sqlite3.Error)


def trail_of(places: Places) -> Trail:
    """Return the trail of a gateway."""
    return Trail(places.audit, places.audit_missed)


def note(places: Places, what: str, who: str, *, why: str = "", **more: Any) -> None:
    """Record something that was done beside routing; `more` are further fields of `Event`."""
    _record(places, Event(what, who, why=why, **more))


def _record(places: Places, event: Event) -> None:
    attempt = attempt_now()
    if attempt is not None and attempt.put is not None:  # no request waits for the trail
        attempt.put(placed(event))
    else:
        trail_of(places).record(event)


def note_revision(places: Places, request: Request, before: RoutingPlan | None, after: RoutingPlan) -> None:
    """Record a new revision. It is durable in the journal, so nothing waits for the disk here."""
    event = Event(request.action, request.author, why=request.reason)
    trail = trail_of(places)
    try:
        was, now, route = compared(before, after)
    except Exception as error:  # it is published: whatever is wrong here must not make a failure of it
        trail.miss(event, error)
        return
    trail.record(replace(event, route=route, before=was, after=now), durable=False)


@contextmanager
def refusals_noted(places: Places, request: Request) -> Iterator[None]:
    """Record that a change was refused, or why it failed, and let the caller hear of it all the same."""
    try:
        yield
    except Exception as error:
        note_failure(places, request, error)
        raise


def note_failure(places: Places, request: Request, error: Exception) -> None:
    """Record that a change was refused, or could not be made."""
    is_tried_again = request.author in _OURSELVES and not isinstance(error, ConfigError)
    if is_tried_again or not places.state.is_dir():  # nobody's attempt, or nothing was ever started here
        return
    is_refused = isinstance(error, (ChangeRefused, ConfigError)) or not isinstance(error, _TROUBLE)
    result: Result = "refused" if is_refused else "failed"
    _record(
        places, Event(request.action, request.author, why=request.reason, result=result, detail=str(error))
    )


def compared(
    before: RoutingPlan | None, after: RoutingPlan
) -> tuple[dict[str, Any] | None, dict[str, Any], str]:
    """Return what the routes were and are, with every change, and the route's name where it is one alone.

    Only routes are shown that divide their requests differently; all else is in `changes`, as in history.
    """
    old = {route.name: route for route in before.routes} if before else {}
    new = {route.name: route for route in after.routes}
    differ = [name for name in {**old, **new} if not _same(old.get(name), new.get(name))]
    told = differ[:ROUTES_TOLD]
    now = _state(after, new, told, len(differ))
    was = _state(before, old, told, len(differ)) if before else None
    now["changes"] = _bounded(difference(before, after))
    return was, now, _only_route(before, after)


def _only_route(before: RoutingPlan | None, after: RoutingPlan) -> str:
    if before is None or replace(before, routes=(), revision=0) != replace(after, routes=(), revision=0):
        return after.routes[0].name if before is None and len(after.routes) == 1 else ""
    old, new = ({route.name: route for route in plan.routes} for plan in (before, after))
    differ = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    return differ[0] if len(differ) == 1 else ""


def _bounded(changes: list[str]) -> list[str]:
    told: list[str] = []
    length = 0
    for change in changes[:CHANGES_TOLD]:
        length += len(change)
        if length > CHANGES_LENGTH:
            break
        told.append(change)
    more = len(changes) - len(told)
    return [*told, f"and {more} more; see: gateway history"] if more else told


def _same(old: Route | None, new: Route | None) -> bool:
    if old is None or new is None:
        return False
    return (old.weights, old.stable, old.progress) == (new.weights, new.stable, new.progress)


def _state(plan: RoutingPlan, routes: Mapping[str, Route], names: list[str], count: int) -> dict[str, Any]:
    found: dict[str, Any] = {"revision": plan.revision}
    if names:
        found["routes"] = {name: _route_state(routes[name]) for name in names if name in routes}
    if count > len(names):
        found["routes_in_all"] = count
    return found


def _route_state(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {"stable": route.stable, "weights": shares_of(route)}
    if route.progress is not None:
        progress = route.progress
        found["rollout"] = {
            "id": progress.id,
            "canary": progress.canary,
            "state": progress.state,
            "step": progress.step,
        }
    return found
