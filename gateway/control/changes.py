"""What the admin API does to routing, free of HTTP: each function makes one revision or raises.

They block (on a lock, on the disk), so the API calls them in a thread. A change is published when they
return; routing.yaml is written afterwards, by the watcher.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.control.bodies import nearest
from gateway.control.preconditions import check_latest
from gateway.control.problems import Refusal
from gateway.errors import ChangeRefused
from gateway.routing import journal
from gateway.routing.change import Request, commit, restore
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.revise import roll_back, shares_of
from gateway.routing.shares import replace_weights


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants a change, why, and which revisions it may be based on (None: any).

    `is_admin`: may change all of it, not weights alone; `is_limited`: may touch some routes only.
    """

    author: str
    reason: str = ""
    expected: frozenset[str] | None = None
    is_admin: bool = True
    is_limited: bool = False


def set_weights(
    places: Places, asker: Asker, route: str, weights: Mapping[str, float]
) -> tuple[RoutingPlan, bool]:
    """Replace a route's weights; return the live plan and whether it is a new revision."""

    def change(plan: RoutingPlan) -> RoutingPlan:
        _check(plan, asker, route)
        for name in weights:
            check_service(plan, name)
            check_reach(plan, asker, route, name)
        return replace_weights(plan, route, weights)

    return commit(places, Request("set-weight", asker.author, asker.reason), change)


def to_stable(places: Places, asker: Asker, route: str | None) -> tuple[RoutingPlan, bool]:
    """Send one route, or all, to its stable service."""

    def change(plan: RoutingPlan) -> RoutingPlan:
        _check(plan, asker, route)
        return roll_back(plan, route, time.time())

    return commit(places, Request("rollback", asker.author, asker.reason), change)


def route_to_revision(places: Places, asker: Asker, route: str, revision: int) -> tuple[RoutingPlan, bool]:
    """Give one route the weights it had in an earlier revision; nothing else of that revision returns."""
    with journal.opened(places.journal) as connection:
        found = journal.find(connection, revision)
    if found is None:
        raise ChangeRefused(f"there is no revision {revision}; see: gateway history")
    before = found.plan.route(route)

    def change(plan: RoutingPlan) -> RoutingPlan:
        _check(plan, asker, route)
        if before is None:
            raise ChangeRefused(f"there was no route {route} in revision {revision}; see: gateway history")
        return replace_weights(plan, route, shares_of(before))

    return commit(places, Request("restore", asker.author, asker.reason), change)


def to_revision(places: Places, asker: Asker, revision: int) -> tuple[RoutingPlan, bool]:
    """Make an earlier revision the latest one, whole."""
    expected = None
    if asker.expected is not None or not asker.is_admin:
        with journal.opened(places.journal) as connection:
            head, earlier = journal.head(connection), journal.find(connection, revision)
        expected = head.revision if head else 0
        check_latest(asker.expected, expected)
        if (
            not asker.is_admin
            and head
            and earlier
            and without_division(head.plan) != without_division(earlier.plan)
        ):
            raise Refusal(
                403,
                f"revision {revision} differs from the live one in more than weights, which is for an admin "
                "to change; give one route the weights it had, or ask an admin",
            )
    return restore(places, Request("restore", asker.author, asker.reason, expected), revision)


def without_division(plan: RoutingPlan) -> RoutingPlan:
    """Return a plan as it would be without any share: all in it that an operator may not change."""
    routes = (
        replace(route, stable="", weights=(), keyed=(), progress=None, since=0) for route in plan.routes
    )
    return replace(plan, revision=0, routes=tuple(routes), parked=())


def _check(plan: RoutingPlan, asker: Asker, route: str | None) -> None:
    if route is not None:
        known_route(plan, route)
    check_latest(asker.expected, plan.revision)


def known_route(plan: RoutingPlan, name: str) -> Route:
    """Return the route of that name; raises Refusal (404) that names the nearest."""
    route = plan.route(name)
    if route is None:
        names = [r.name for r in plan.routes]
        listed = ", ".join(names[:20])
        raise Refusal(404, f"there is no route {name}{nearest(name, names)}; there is: {listed}")
    return route


def check_reach(plan: RoutingPlan, asker: Asker, route: str, service: str) -> None:
    """Refuse (403) to lead a route to a service that its asker or the route's clients may not reach.

    Whoever is limited to routes stays with the services that these have; and a service whose clients need a
    key elsewhere is not opened to others but by an admin.
    """
    here = known_route(plan, route)
    if asker.is_admin or service == here.stable or service in dict(here.weights):
        return
    closed = [
        one.name
        for one in plan.routes
        if one.auth not in (None, here.auth) and (service == one.stable or service in dict(one.weights))
    ]
    if asker.is_limited or closed:
        why = f"clients of route {closed[0]} need a key for it" if closed else "your token is for some routes"
        raise Refusal(
            403,
            f"route {route} does not have the service {service}, and {why}; ask an admin to give it to it",
        )


def check_service(plan: RoutingPlan, name: str) -> None:
    """Raise ChangeRefused where a plan has no such service, naming the nearest."""
    if plan.service(name) is None:
        names = [service.name for service in plan.services]
        listed = ", ".join(names[:20])
        raise ChangeRefused(f"there is no service {name}{nearest(name, names)}; there is: {listed}")
