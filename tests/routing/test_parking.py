"""Services whose replicas need not run."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.parking import park, unpark, without_those_in_use
from gateway.routing.plan import Override, Route, RoutingPlan, Service
from gateway.routing.revise import succeed
from gateway.routing.rollouts import Progress, Step
from gateway.routing.shares import set_shares

NAMES = ("blue", "green", "canary", "spare")
SERVICES = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in NAMES)
ROUTE = Route("late", "/late", "blue", (("blue", 100_000), ("canary", 0), ("green", 0)))
PLAN = RoutingPlan(SERVICES, (ROUTE,))
PROGRESS = Progress(2, "canary", "blue", "progressing", 0, (Step(5_000),), "it began")


def parked(route: Route, *names: str) -> tuple[str, ...]:
    """Return those of these services that stay parked beside a route."""
    return without_those_in_use(RoutingPlan(SERVICES, (route,), parked=names)).parked


def test_whoever_is_needed_is_not_parked() -> None:
    """By weight, as stable, by an override, to go back to, or as a canary under way."""
    assert parked(ROUTE, *NAMES) == ("green", "canary", "spare")
    weighted = replace(ROUTE, weights=(("blue", 99_999), ("canary", 1)))
    assert parked(weighted, *NAMES) == ("green", "spare")
    override = replace(ROUTE, overrides=(Override("x-canary", "always", "green"),))
    assert parked(override, *NAMES) == ("canary", "spare")
    warm = replace(ROUTE, progress=replace(PROGRESS, state="healthy", previous="spare"))
    assert parked(warm, *NAMES) == ("green", "canary")
    assert parked(replace(ROUTE, progress=PROGRESS), *NAMES) == ("green", "spare")
    over = replace(ROUTE, progress=replace(PROGRESS, state="degraded"))
    assert parked(over, *NAMES) == ("green", "canary", "spare")


def test_one_route_is_enough_to_need_a_service() -> None:
    """Parking asks all of them."""
    other = Route("other", "/other", "green", (("green", 100_000),))
    plan = RoutingPlan(SERVICES, (ROUTE, other))
    assert park(plan, "green").parked == ()
    assert park(plan, "spare").parked == ("spare",)


def test_unparked_runs_without_traffic() -> None:
    """To be warmed before it gets any."""
    plan = park(park(PLAN, "green"), "spare")
    assert unpark(plan, "green").parked == ("spare",)
    assert unpark(plan, "blue") == plan


def test_a_share_takes_a_service_out_of_the_park_in_the_same_revision() -> None:
    """Requests never go to a service that nobody starts."""
    plan = succeed(PLAN, park(PLAN, "green"))
    after = succeed(plan, set_shares(plan, {"green": 1.0}))
    assert after.parked == ()
    assert after.revision == plan.revision + 1


@given(st.permutations(NAMES), st.lists(st.sampled_from(NAMES), max_size=6))
def test_nobody_is_parked_twice_or_in_use(order: list[str], asked: list[str]) -> None:
    """However often it is asked for."""
    route = Route("late", "/late", order[0], ((order[0], 99_000), (order[1], 1_000)))
    plan = RoutingPlan(SERVICES, (route,))
    for name in asked:
        plan = park(plan, name)
    assert set(plan.parked) == set(asked) - set(order[:2])
    assert len(set(plan.parked)) == len(plan.parked)
