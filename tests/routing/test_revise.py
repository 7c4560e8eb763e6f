"""Every change of a plan means the same wherever it comes from."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ChangeRefused
from gateway.routing.document import from_document, to_document
from gateway.routing.plan import UNITS, Override, Route, RoutingPlan, Service
from gateway.routing.revise import replace_weights, roll_back, says_the_same, set_shares, shares_of, succeed
from gateway.routing.settings import Sticky

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


SHARES = st.integers(0, 100_000).map(lambda thousandths: thousandths / 1000)


@settings(deadline=None)
@given(st.lists(st.integers(100, 10_000), min_size=2, max_size=6), SHARES)
def test_a_share_is_met_exactly_and_the_others_keep_their_proportions(
    others: list[int], share: float
) -> None:
    """The named service gets its percentage to the unit; the rest is divided as before, cut to units."""
    names = [f"v{n}" for n in range(len(others))]
    total = sum(others)
    units = [n * UNITS // total for n in others]
    units[0] += UNITS - sum(units)
    services = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in (*names, "grown"))
    start = Route("late", "/", "v0", (*zip(names, units, strict=True), ("grown", 0)))
    rest = UNITS - round(share * 1000)
    if any(0 < rest * each < UNITS for each in units):
        return  # a share below 0.001 % is refused, which has a test of its own
    after = weights(set_shares(RoutingPlan(services, (start,)), {"grown": share}))
    assert after["grown"] == round(share * 1000)
    assert sum(after.values()) == UNITS
    for name, before in zip(names, units, strict=True):
        assert abs(after[name] - Fraction(before * rest, UNITS)) < 1 + Fraction(1, 1000)


def test_several_shares_at_once() -> None:
    """What is named is met; a service that had nothing can get something; the order of the file stays."""
    assert weights(set_shares(PLAN, {"canary": 25, "green": 0})) == {
        "blue": 75_000,
        "green": 0,
        "canary": 25_000,
    }
    after = set_shares(PLAN, {"spare": 10}, "late").routes[0]
    assert [name for name, _ in after.weights] == ["blue", "green", "canary", "spare"]
    assert dict(after.weights)["spare"] == 10_000


def test_all_to_one_and_what_is_left_goes_to_stable() -> None:
    """100 % leaves the others nothing; taken down again, stable takes what nobody else has weight for."""
    everything = set_shares(PLAN, {"canary": 100})
    assert weights(everything) == {"blue": 0, "green": 0, "canary": UNITS}
    assert weights(set_shares(everything, {"canary": 40})) == {"blue": 60_000, "green": 0, "canary": 40_000}


@pytest.mark.parametrize(
    ("shares", "route_name", "said"),
    [
        ({"canary": 60, "green": 50}, None, "110 %, more than 100"),
        ({"canary": -1}, None, "not -1"),
        ({"canary": float("nan")}, None, "not nan"),
        ({"canary": 0.0001}, None, "below 0.001 %"),
        ({"canary": 99.9999}, None, "below 0.001 %"),
        ({"blue": 10, "green": 10, "canary": 10}, None, "remaining 70 %"),
        ({"cnary": 10}, "late", "no service cnary"),
        ({"canary": 10}, "lat", "no route lat"),
        ({"canary": 10}, "", "no route"),
    ],
)
def test_what_cannot_be_done_is_refused(shares: dict[str, float], route_name: str | None, said: str) -> None:
    """The refusal says which number or name is wrong."""
    with pytest.raises(ChangeRefused, match=said):
        set_shares(PLAN, shares, route_name)


def test_the_route_may_be_left_out_where_only_one_is_meant() -> None:
    """One route has canary; both have blue, so blue needs the route's name; none has spare."""
    assert set_shares(TWO, {"canary": 20}).routes[1] == TWO.routes[1]
    with pytest.raises(ChangeRefused, match=r"several routes have blue \(late, other\)"):
        set_shares(TWO, {"blue": 20})
    with pytest.raises(ChangeRefused, match="no route has spare"):
        set_shares(TWO, {"spare": 20})
    assert weights(set_shares(TWO, {"blue": 20}, "other"), "other") == {"blue": 20_000, "green": 80_000}


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


def test_weights_can_be_replaced_whole() -> None:
    """They are proportional; who is left out gets nothing; nonsense is refused."""
    after = replace_weights(PLAN, "late", {"green": 1, "canary": 3})
    assert weights(after) == {"blue": 0, "green": 25_000, "canary": 75_000}
    for bad in ({"green": float("inf")}, {"green": 0.0}, {"nobody": 1.0}, {}):
        with pytest.raises(ChangeRefused):
            replace_weights(PLAN, "late", bad)
    with pytest.raises(ChangeRefused, match="there is no route wrong"):
        replace_weights(PLAN, "wrong", {"green": 1})


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
