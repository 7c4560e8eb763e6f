"""The shares that people set: what is asked for exactly, and the rest in proportion."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ChangeRefused
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.shares import replace_weights, set_shares

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


def test_weights_can_be_replaced_whole() -> None:
    """They are proportional; who is left out gets nothing; nonsense is refused."""
    after = replace_weights(PLAN, "late", {"green": 1, "canary": 3})
    assert weights(after) == {"blue": 0, "green": 25_000, "canary": 75_000}
    for bad in ({"green": float("inf")}, {"green": 0.0}, {"nobody": 1.0}, {}):
        with pytest.raises(ChangeRefused):
            replace_weights(PLAN, "late", bad)
    with pytest.raises(ChangeRefused, match="there is no route wrong"):
        replace_weights(PLAN, "wrong", {"green": 1})
