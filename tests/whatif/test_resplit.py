"""Recorded requests, divided by the plan they had and by others."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.plan import Override, Route, RoutingPlan, Service, proportional
from gateway.routing.settings import Sticky
from gateway.routing.split import Splitter
from gateway.whatif.resplit import Outcome, Recorded, Resplit

SERVICES = tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in ("blue", "green", "canary"))
STICKY = Sticky("header", "x-user-id")


def plan_of(
    weights: dict[str, float], revision: int = 1, sticky: Sticky | None = None, path: str = "/late"
) -> RoutingPlan:
    """Return a plan of one route."""
    route = Route("late", path, "blue", tuple(proportional(weights).items()), sticky=sticky)
    return RoutingPlan(SERVICES, (route,), revision=revision)


def drawn(plan: RoutingPlan, count: int, seed: int = 1, users: int = 0) -> list[Recorded]:
    """Return what the log holds after so many requests, of so many users where they are sticky."""
    dice = random.Random(seed)
    splitter = Splitter(plan.routes[0])
    found = []
    for _ in range(count):
        draw = dice.getrandbits(128)
        user = dice.randrange(users) if users else 0
        index = splitter.by_key(b"user %d" % user) if users else splitter.by_draw(draw >> 64)
        key, why = (f"p_{user}", "sticky") if users else ("", "weights")
        found.append(
            Recorded(f"{draw:032x}", "/late/infer", "late", splitter.services[index], why, key, plan.revision)
        )
    return found


def divided(requests: list[Recorded], before: RoutingPlan, other: RoutingPlan) -> Outcome:
    """Divide them anew."""
    return Resplit(other, {before.revision: before}).all(requests)


weights = st.fixed_dictionaries(
    {"blue": st.integers(1, 100), "green": st.integers(0, 100), "canary": st.integers(0, 100)}
)


@given(weights, st.booleans(), st.integers(0, 1000))
def test_by_the_same_plan_nobody_moves(given_weights: dict[str, float], is_sticky: bool, seed: int) -> None:
    """Whether by weights or by key."""
    plan = plan_of(given_weights, sticky=STICKY if is_sticky else None)
    requests = drawn(plan, 30, seed, users=20 if is_sticky else 0)
    outcome = divided(requests, plan, plan)
    assert outcome.divisions["late"].moves == {}
    assert outcome.divisions["late"].would_be == outcome.divisions["late"].was


def test_a_request_without_a_key_goes_where_a_worker_would_send_it() -> None:
    """Each of them: its id is its draw."""
    before = plan_of({"blue": 90, "canary": 10})
    other = plan_of({"blue": 50, "canary": 50})
    splitter = Splitter(other.routes[0])
    resplit = Resplit(other, {1: before})
    for request in drawn(before, 500):
        expected = splitter.services[splitter.by_draw(int(request.id, 16) >> 64)]
        assert resplit.service(request, other.routes[0]) == expected


def test_as_many_users_move_as_really_would() -> None:
    """From 10 to 30 %: a fifth of all, all of them to the canary, and nobody back."""
    before = plan_of({"blue": 90, "canary": 10}, sticky=STICKY)
    other = plan_of({"blue": 70, "canary": 30}, sticky=STICKY)
    requests = drawn(before, 20_000, users=5_000)
    found = divided(requests, before, other).divisions["late"]
    assert set(found.moves) == {("blue", "canary")}
    assert len(found.users_moved) / len(found.users) == pytest.approx(0.2, abs=0.02)
    really = Splitter(other.routes[0])
    share = sum(really.services[really.by_key(b"user %d" % n)] == "canary" for n in range(5_000)) / 5_000
    assert found.would_be["canary"] / found.requests == pytest.approx(share, abs=0.02)


def test_a_path_without_a_route_is_counted() -> None:
    """It would be answered 404."""
    before = plan_of({"blue": 1})
    outcome = divided(drawn(before, 3), before, plan_of({"blue": 1}, path="/other"))
    assert outcome.unrouted == {"/late/infer": 3}
    assert (outcome.divisions, outcome.requests) == ({}, 3)


def test_an_overridden_request_stays_while_an_override_leads_there() -> None:
    """What header it had is not in the log."""
    before = plan_of({"blue": 100, "canary": 0})
    request = drawn(before, 1)[0]._replace(chosen="canary", why="override")
    route = replace(before.routes[0], overrides=(Override("x-canary", "always", "canary"),))
    other = replace(before, routes=(route,))
    assert divided([request], before, other).divisions["late"].would_be == {"canary": 1}
    assert divided([request], before, before).divisions["late"].moves == {("canary", "blue"): 1}


def test_previews_are_left_out() -> None:
    """No plan divides them."""
    before = plan_of({"blue": 1})
    outcome = divided([request._replace(why="preview") for request in drawn(before, 2)], before, before)
    assert (outcome.previews, outcome.requests) == (2, 0)


def test_a_plan_that_is_no_longer_known_is_no_hindrance() -> None:
    """Then the pseudonym itself is the key."""
    before = plan_of({"blue": 90, "canary": 10}, sticky=STICKY)
    outcome = Resplit(before, {}).all(drawn(before, 50, users=10))
    assert outcome.requests == 50


def test_a_path_that_had_no_route_is_divided_by_the_one_it_would_have() -> None:
    """By its draw; it comes from no service."""
    before = plan_of({"blue": 1})
    other = plan_of({"green": 1, "blue": 0}, path="/other")
    request = drawn(before, 1)[0]._replace(chosen="", route="", why="", path="/other/x")
    assert divided([request], before, other).divisions["late"].moves == {("", "green"): 1}


def test_users_are_told_by_move() -> None:
    """Each once, however many requests they had."""
    before = plan_of({"blue": 90, "canary": 10}, sticky=STICKY)
    other = plan_of({"green": 100, "blue": 0}, sticky=STICKY)
    found = divided(drawn(before, 2000, users=100), before, other).divisions["late"]
    by_move = {move: len(users) for move, users in found.users_of_moves.items()}
    assert set(by_move) == {("blue", "green"), ("canary", "green")}
    assert sum(by_move.values()) == len(found.users_moved) == len(found.users) == 100


def test_memory_is_bounded_whatever_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many paths the frequent ones are kept, and all are counted; made-up keys are made up again."""
    monkeypatch.setattr("gateway.whatif.resplit.MOST_PATHS", 10)
    monkeypatch.setattr("gateway.whatif.resplit.MOST_KEYS", 3)
    before = plan_of({"blue": 90, "canary": 10}, sticky=STICKY)
    requests = drawn(before, 200, users=50)
    scanned = [r._replace(path=f"/x{n % 100 if n % 2 else 0}") for n, r in enumerate(requests)]
    outcome = divided(scanned, before, before)
    assert outcome.unrouted_requests == outcome.requests == 200
    assert len(outcome.unrouted) <= 10
    assert outcome.unrouted.most_common(1)[0][0] == "/x0"
    assert divided(requests, before, before).divisions["late"].moves == {}
