"""What keeps a version from being rolled out at this moment."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.rollouts.start import why_not_ready, would_move_back
from gateway.control.rollouts.steering import NotNow, make, starting, steps_of
from gateway.monitoring import health_report
from gateway.rollout.moves import start
from gateway.routing.change import Request
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.routing.rollouts import Rollout

if TYPE_CHECKING:
    from tests.control.conftest import Site

USUAL = Rollout().steps


def route(units: int) -> Route:
    """A route whose canary has so many units."""
    return Route("late", "/late", "blue", (("blue", UNITS - units), ("canary", units)))


@pytest.mark.parametrize(
    ("units", "said"),
    [
        (
            40_000,
            "canary has 40 % already and the first step gives it 5 %: its users would move back; name "
            "steps above it, as in --steps 50,100, or gateway set-weight canary=0 --route late first",
        ),
        (90_000, "--steps 90,100"),
        (UNITS, "its users would move back; gateway set-weight canary=0 --route late first"),
        (0, ""),
        (5_000, ""),
        (4_999, ""),
    ],
)
def test_a_first_step_below_the_canarys_share_would_move_users_back(units: int, said: str) -> None:
    """An equal one moves nobody."""
    found = would_move_back(route(units), "canary", USUAL)
    assert said in found
    assert bool(found) == bool(said)


@given(st.integers(5_001, UNITS - 1))
def test_what_is_proposed_is_possible(units: int) -> None:
    """The steps named in the sentence are not refused in turn, as far as percentages can be written."""
    found = would_move_back(route(units), "canary", USUAL)
    words = found.split("--steps ")[1].split(", or")[0]
    steps = steps_of([float(word) for word in words.split(",")])
    assert would_move_back(route(units), "canary", steps) == ""
    plan = RoutingPlan(
        tuple(Service(name, urls=("http://127.0.0.1:1",)) for name in ("blue", "canary")), (route(units),)
    )
    start(plan, plan.routes[0], "canary", steps=steps)


@pytest.mark.parametrize("force", [False, True])
def test_it_is_refused_before_anything_is_changed(site: Site, force: bool) -> None:
    """By force too: that is about replicas."""
    move = starting(site.places, "canary", force=force)
    with pytest.raises(NotNow, match="canary has 10 % already"):
        make(site.places, Request("rollout", "cli:me"), lambda plan: plan.routes[0], move)
    assert site.head().revision == 1


def see(site: Site, state: str) -> None:
    """Have a worker that is alive tell how the canary is."""
    site.tally().beat(time.monotonic() + 60, 1, 0)
    replicas = {"http://127.0.0.1:9003": state}
    document = {"pid": os.getpid(), "services": {"canary": {"replicas": replicas, "breaker": ""}}}
    health_report.write(health_report.report_path(site.places.run, 0), document)


def test_a_canary_whose_replicas_are_all_unwell_is_not_ready(site: Site) -> None:
    """Although a worker in panic would use them."""
    see(site, "unwell")
    plan = site.head().plan
    assert "fewer than" in why_not_ready(site.places, plan, "canary")
    assert why_not_ready(site.places, plan, "green") == ""


def test_a_canary_whose_replicas_rest_is_not_ready(site: Site) -> None:
    """Its first requests would find nobody, and that would count against it."""
    plan = replace(site.head().plan, parked=("green",))
    assert "its replicas rest" in why_not_ready(site.places, plan, "green")
