"""What another routing.yaml would have done with recorded requests, as a document for people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.routing.plan import Route, RoutingPlan
from gateway.whatif.recorded import Found
from gateway.whatif.resplit import Division, Outcome

PATHS = 10


def routing_report(
    found: Found, outcome: Outcome, other: RoutingPlan, caveats: Sequence[str]
) -> dict[str, Any]:
    """Return the document; shares are percent, None where there were no requests to take them of."""
    known = {route.name for route in other.routes}
    return {
        "requests": outcome.requests,
        "recorded": found.divisible,
        "sample": found.share,
        "since": found.first,
        "until": found.last,
        "would_move": sum(division.moves.total() for division in outcome.divisions.values()),
        "routes": [
            _route(route, outcome.divisions.get(route.name, Division()))
            for route in other.routes
            if route.name in outcome.divisions
        ],
        "without_requests": [r.name for r in other.routes if r.name not in outcome.divisions],
        "vanished": [
            {"name": name, "requests": count}
            for name, count in sorted(found.routes.items())
            if name and name not in known
        ],
        "unrouted": {
            "requests": outcome.unrouted_requests,
            "paths": [{"path": p, "requests": n} for p, n in outcome.unrouted.most_common(PATHS)],
        },
        "unknown": list(caveats),
    }


def _route(route: Route, division: Division) -> dict[str, Any]:
    asked = {name: route.share(name) for name, _ in route.weights}
    names = dict.fromkeys([*asked, *division.was, *division.would_be])
    versions = [
        {
            "version": name,
            "was": _percent(division.was[name], division.requests),
            "asked": asked.get(name),
            "would_be": _percent(division.would_be[name], division.requests),
            "requests": division.would_be[name],
        }
        for name in names
        if name
    ]
    return {
        "name": route.name,
        "path": route.path,
        "requests": division.requests,
        "without_route": division.was[""],
        "users": len(division.users),
        "users_exact": division.users.is_exact,
        "versions": versions,
        "moves": [_move(key, count, division) for key, count in division.moves.most_common()],
        "users_moved": len(division.users_moved),
    }


def _move(key: tuple[str, str], count: int, division: Division) -> dict[str, Any]:
    users = division.users_of_moves.get(key)
    return {
        "from": key[0],
        "to": key[1],
        "requests": count,
        "percent": _percent(count, division.requests),
        "users": len(users) if users is not None else 0,
    }


def _percent(count: int, of: int) -> float | None:
    return count * 100 / of if of else None
