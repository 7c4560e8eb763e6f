"""What the API reads beside the status: the live plan, one route's division, the journal, readiness."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from gateway.control.status.observation import beating
from gateway.control.status.views import read_views
from gateway.control.warnings.routes import suffering
from gateway.errors import GatewayError
from gateway.routing import journal
from gateway.routing.difference import difference
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.revise import shares_of
from gateway.routing.slot import published

REVISIONS_SHOWN, REVISIONS_LIMIT = 50, 1000
ROUTES_NAMED = 3


def live_plan(places: Places) -> RoutingPlan:
    """Return the published plan; raises GatewayError where there is none."""
    plan = published(places)
    if plan is None:
        raise GatewayError("no plan is live yet; see the gateway's log and try again in a moment")
    return plan


def weights_of(route: Route) -> dict[str, Any]:
    """Return a route's division for an answer."""
    return {"route": route.name, "stable": route.stable, "weights": shares_of(route)}


def revisions(places: Places, limit: int) -> list[dict[str, Any]]:
    """Return the latest revisions, newest first, each with what it changed."""
    with journal.opened(places.journal) as connection:
        found = journal.latest(connection, limit + 1)
    return list(entries(found))[:limit]


def entries(newest_first: list[Revision]) -> Iterator[dict[str, Any]]:
    """Yield revisions for an answer; what the oldest one changed is known only if it is the first."""
    before: list[Revision | None] = [*newest_first[1:], None]
    for new, old in zip(newest_first, before, strict=True):
        known = old is not None or new.revision == 1
        yield {
            "revision": new.revision,
            "at": iso_time(new.at),
            "author": new.author,
            "reason": new.reason,
            "action": new.action,
            "file": new.file,
            "difference": difference(old.plan if old else None, new.plan) if known else [],
        }


def iso_time(at: float) -> str:
    """Return seconds since 1970 as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def why_not_ready(places: Places) -> str:
    """Return why no request would be answered now, or an empty string."""
    plan = published(places)
    if plan is None:
        return "no plan is live yet; see the gateway's log"
    alive = beating(places)
    if not alive:
        return "no worker has given a sign of life for 2 s; see: gateway status"
    found = suffering(plan, read_views(places, alive))
    if len([route for route in found if route.is_out]) < len(plan.routes):
        return ""
    told = "; ".join(f"route {route.name}: {route.text}" for route in found[:ROUTES_NAMED])
    return f"no route can answer: {told}; see: gateway status"
