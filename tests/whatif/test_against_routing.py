"""Recorded requests against another routing.yaml."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.routing.plan import RoutingPlan
from gateway.whatif.against_routing import against_routing, as_if_saved
from gateway.whatif.recorded import Asked
from tests.requestlog.lake_log import record
from tests.whatif.logged import divided, now_us, places_with, write
from tests.whatif.test_resplit import STICKY, plan_of


def with_shares(blue: float, canary: float, revision: int = 0) -> RoutingPlan:
    """Return a sticky plan."""
    return plan_of({"blue": blue, "canary": canary}, revision, STICKY)


def test_the_file_that_is_live_moves_nobody(tmp_path: Path) -> None:
    """Not even after several changes of the weights, which leave more precise placing weights."""
    first = with_shares(90, 10, 1)
    second = as_if_saved(first, with_shares(67, 33))
    places = places_with(tmp_path, first, second)
    write(places, *divided(second, 500, users=100))
    found = against_routing(places, with_shares(67, 33), Asked(3600.0))
    assert (found["requests"], found["would_move"]) == (500, 0)
    moved = against_routing(places, with_shares(10, 90), Asked(3600.0))
    assert moved["would_move"] > 200


def test_requests_are_judged_by_the_plan_of_their_time(tmp_path: Path) -> None:
    """Of two revisions each with its own weights."""
    first = with_shares(100, 0, 1)
    second = as_if_saved(first, with_shares(50, 50))
    places = places_with(tmp_path, first, second)
    write(places, *divided(first, 100, users=50), *divided(second, 100, users=50, seed=2))
    found = against_routing(places, with_shares(50, 50), Asked(3600.0))
    moves = {(move["from"], move["to"]) for move in found["routes"][0]["moves"]}
    assert moves == {("blue", "canary")}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(0.001), "no request is recorded in this time: look further back with --since 7d"),
        (Asked(3600.0, "nix"), "there is no route nix; there is late"),
    ],
)
def test_where_nothing_is_recorded_it_says_what_to_do(tmp_path: Path, asked: Asked, said: str) -> None:
    """By what may be the reason."""
    plan = with_shares(90, 10, 1)
    places = places_with(tmp_path, plan)
    write(places, *divided(plan, 3, ts=now_us() - 60_000_000))
    with pytest.raises(GatewayError, match=said):
        against_routing(places, plan, asked)


def test_a_log_that_is_off_and_one_of_refusals_have_reasons_of_their_own(tmp_path: Path) -> None:
    """Which is not the time."""
    plan = with_shares(90, 10, 1)
    off = replace(plan, routes=(replace(plan.routes[0], log=None),))
    with pytest.raises(GatewayError, match="`log: off`"):
        against_routing(places_with(tmp_path / "off", off), plan, Asked())
    places = places_with(tmp_path / "refused", plan)
    write(places, record(1, ts=now_us(), status=429))
    with pytest.raises(GatewayError, match="all 1 were refused before"):
        against_routing(places, plan, Asked())
