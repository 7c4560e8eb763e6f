"""Every change of a plan means the same wherever it comes from."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gateway.errors import ChangeRefused
from gateway.routing.document import from_document, to_document
from gateway.routing.plan import UNITS, Override, Route, RoutingPlan, Service
from gateway.routing.revise import roll_back, says_the_same, shares_of, succeed
from gateway.routing.settings import Sticky
from gateway.routing.shares import set_shares

NAMES = ("blue", "green", "canary")
SERVICES = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in (*NAMES, "spare"))


def route(name: str = "late", **units: int) -> Route:
    """Return a route with these units."""
    return Route(name, f"/{name}", "blue", tuple(units.items()))


LATE = route(blue=60_000, green=30_000, canary=10_000)
PLAN = RoutingPlan(SERVICES, (LATE,))
TWO = RoutingPlan(SERVICES, (LATE, route("other", blue=50_000, green=50_000)))


def weights(plan: RoutingPlan, name: str = "late") -> dict[str, int]:
    """Return the units of a route that must be there."""
    found = plan.route(name)
    assert found is not None
    return dict(found.weights)


def test_rollback_sends_all_to_stable_and_once_is_enough() -> None:
    """All routes or one; a second rollback changes nothing; overrides stay."""
    back = roll_back(TWO)
    assert weights(back) == {"blue": UNITS, "green": 0, "canary": 0}
    assert weights(back, "other") == {"blue": UNITS, "green": 0}
    assert roll_back(back) == back
    one = roll_back(TWO, "other")
    assert one.routes[0] is LATE
    assert weights(one, "other") == {"blue": UNITS, "green": 0}
    with pytest.raises(ChangeRefused, match="there is no route wrong; there is late, other"):
        roll_back(TWO, "wrong")
    with pytest.raises(ChangeRefused, match="there is no route"):
        roll_back(TWO, "")
    overridden = replace(LATE, overrides=(Override("x-canary", "always", "canary"),))
    assert roll_back(RoutingPlan(SERVICES, (overridden,))).routes[0].overrides == overridden.overrides


def test_a_successor_is_numbered_and_keeps_the_intervals_that_go_on() -> None:
    """`since` moves only where the division changed: weights, stable, sticky or overrides."""
    first = succeed(None, TWO)
    assert (first.revision, [r.since for r in first.routes]) == (1, [1, 1])
    second = succeed(first, set_shares(first, {"canary": 20}))
    assert (second.revision, [r.since for r in second.routes]) == (2, [2, 1])
    moved = replace(second.routes[1], path="/elsewhere", since=0)
    third = succeed(second, replace(second, routes=(second.routes[0], moved)))
    assert [r.since for r in third.routes] == [2, 1]
    sticky = replace(moved, sticky=Sticky("ip"), since=0)
    fourth = succeed(third, replace(third, routes=(sticky, third.routes[0], route("new", blue=UNITS))))
    assert [(r.name, r.since) for r in fourth.routes] == [("other", 4), ("late", 2), ("new", 4)]


def test_plans_that_say_the_same_differ_in_numbers_alone() -> None:
    """Revision and `since` do not count; everything else does; a copy through JSON is the same."""
    numbered = succeed(succeed(None, TWO), TWO)
    assert says_the_same(numbered, TWO)
    assert says_the_same(from_document(json.loads(json.dumps(to_document(TWO)))), TWO)
    assert not says_the_same(set_shares(TWO, {"canary": 11}), TWO)
    assert not says_the_same(replace(TWO, routes=TWO.routes[:1]), TWO)
    assert not says_the_same(replace(TWO, services=TWO.services[:3]), TWO)
    assert not says_the_same(replace(TWO, listen="127.0.0.1:1"), TWO)
    assert not says_the_same(replace(TWO, admin="127.0.0.1:1"), TWO)


def test_shares_in_percent() -> None:
    """Units become percent, in the order of the file."""
    assert list(shares_of(route(canary=33_333, blue=66_667)).items()) == [
        ("canary", 33.333),
        ("blue", 66.667),
    ]
