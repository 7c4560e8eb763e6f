"""While a version grows it only gains keys, and no key moves between two others."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.routing.plan import UNITS, Route, RoutingPlan, Service, proportional
from gateway.routing.revise import succeed
from gateway.routing.settings import Sticky
from gateway.routing.shares import set_shares
from gateway.routing.split import Splitter

KEYS = 6_000
NAMES = ("blue", "green", "canary", "teal", "gold", "rose")
KINDS = {
    "header": (Sticky("header", "x-user-id"), [b"user-%d" % n for n in range(KEYS)]),
    "cookie": (Sticky("cookie", "uid"), [b"%032x" % (n * 0x9E3779B97F4A7C15) for n in range(KEYS)]),
    "ip": (Sticky("ip"), [b"10.%d.%d.%d" % (n % 7, n // 250, n % 250) for n in range(KEYS)]),
}
LADDER = (1.0, 5.0, 25.0, 50.0, 100.0)


def plan_of(weights: dict[str, float], sticky: Sticky) -> RoutingPlan:
    """Return a plan of one route with these proportional weights."""
    services = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in weights)
    units = tuple(proportional(weights).items())
    return RoutingPlan(services, (Route("late", "/late", "blue", units, sticky),))


def climb(plan: RoutingPlan, grown: str, shares: tuple[float, ...]) -> list[RoutingPlan]:
    """Return the plan after each step of a ladder, numbered as the journal would."""
    plans = [succeed(None, plan)]
    for share in shares:
        plans.append(succeed(plans[-1], set_shares(plans[-1], {grown: share})))
    return plans


def assigned(plan: RoutingPlan, keys: list[bytes]) -> list[str]:
    """Return the version of each key."""
    splitter = Splitter(plan.routes[0])
    return [splitter.services[splitter.by_key(key)] for key in keys]


def strays(plans: list[RoutingPlan], keys: list[bytes], grown: str) -> int:
    """Return how many keys moved anywhere but to the version that grew."""
    steps = [assigned(plan, keys) for plan in plans]
    return sum(
        after not in (before, grown)
        for one, other in pairwise(steps)
        for before, after in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("others", [(3, 1), (2, 1, 1), (1, 1, 1, 2), (5, 2, 1, 1, 1)])
def test_a_whole_ladder_moves_keys_to_the_grown_version_alone(kind: str, others: tuple[int, ...]) -> None:
    """1, 5, 25, 50, 100 % with 3 to 6 versions whose proportions the units can hold: not one key strays."""
    sticky, keys = KINDS[kind]
    scale = UNITS // sum(others)
    weights = {"canary": 0.0} | dict(
        zip([n for n in NAMES if n != "canary"], [float(o * scale) for o in others], strict=False)
    )
    # The nearest shares that leave a rest the others' proportions divide.
    shares = tuple(100 - (100 - share) * 1000 // sum(others) * sum(others) / 1000 for share in LADDER)
    plans = climb(plan_of(weights, sticky), "canary", shares)
    assert strays(plans, keys, "canary") == 0
    assert set(assigned(plans[-1], keys)) == {"canary"}


@settings(max_examples=40)
@given(
    others=st.lists(st.integers(1, 9), min_size=2, max_size=5),
    rests=st.lists(st.integers(0, 10_000), min_size=2, max_size=5).map(
        lambda rests: sorted(rests, reverse=True)
    ),
    seed=st.integers(0, 2**32),
)
def test_any_growth_in_proportion_moves_keys_to_the_grown_version_alone(
    others: list[int], rests: list[int], seed: int
) -> None:
    """Random ladders whose proportions stay exact: keys only ever enter the version that grows."""
    bits = random.Random(seed).getrandbits
    keys = [b"%016x" % bits(64) for _ in range(200)]
    plans = []
    for rest in rests:
        unit = rest * UNITS // 10_000 // sum(others)
        weights = [
            ("grown", UNITS - unit * sum(others)),
            *((f"v{n}", o * unit) for n, o in enumerate(others)),
        ]
        services = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name, _ in weights)
        plans.append(RoutingPlan(services, (Route("r", "/", "grown", tuple(weights), Sticky("ip")),)))
    assert strays(plans, keys, "grown") == 0


@pytest.mark.parametrize("by_file", [False, True])
def test_shares_cut_to_units_move_no_other_key(by_file: bool) -> None:
    """Where units of 0.001 % cannot hold the others' proportions, not one key strays all the same.

    Also not when the file is parsed anew at each step and knows only the cut weights.
    """
    ladder = (1.0, 5.0, 25.0, 50.0, 75.0, 99.0)
    for versions in (3, 4, 5, 6):
        uniform = random.Random(versions).uniform
        weights = {name: uniform(1, 10) for name in NAMES[:versions]} | {"canary": 0.0}
        for sticky, keys in KINDS.values():
            plans = climb(plan_of(weights, sticky), "canary", ladder)
            if by_file:
                bare = [replace(p, routes=(replace(p.routes[0], keyed=()),)) for p in plans]
                plans = [succeed(None, bare[0])]
                for plan in bare[1:]:
                    plans.append(succeed(plans[-1], plan))
            assert strays(plans, keys, "canary") == 0


@pytest.mark.parametrize("kind", KINDS)
def test_going_back_gives_every_key_back(kind: str) -> None:
    """After a share grew and shrank again, every key is where it was: nobody flips to a third version."""
    sticky, keys = KINDS[kind]
    plan = plan_of({"blue": 60.0, "green": 30.0, "canary": 10.0}, sticky)
    there = succeed(plan, set_shares(plan, {"canary": 40}))
    back = succeed(there, set_shares(there, {"canary": 10}))
    assert assigned(back, keys) == assigned(plan, keys)
