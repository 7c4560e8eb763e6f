"""Moves of rollouts as real revisions, whoever asks."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from gateway.control.rollouts.steering import (
    Move,
    NotNow,
    aborting,
    control_runs,
    find_for,
    make,
    pausing,
    promoting,
    resuming,
    said,
    starting,
    steps_of,
)
from gateway.errors import ChangeRefused
from gateway.monitoring import health_report
from gateway.routing.change import Request
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.rollouts import Step
from gateway.routing.slot import published
from tests.waiting import BOUND

if TYPE_CHECKING:
    from tests.control.conftest import Control, Site

WEIGHTS = "{blue: 100, green: 0, canary: 0}"
"""A canary that has nothing yet."""

ASK = Request("rollout", "cli:me", "why not")


def late(plan: RoutingPlan) -> Route:
    """The first route."""
    return plan.routes[0]


def moved(site: Site, move: Move) -> Route:
    """Make a move; return the route after it."""
    plan, route = make(site.places, ASK, late, move)
    assert published(site.places) == plan
    return route


def see(site: Site, state: str) -> None:
    """Have a worker that is alive tell how the canary is."""
    site.tally().beat(time.monotonic() + 60, 1, 0)
    replicas = {"http://127.0.0.1:9003": state}
    document = {"pid": os.getpid(), "services": {"canary": {"replicas": replicas, "breaker": ""}}}
    health_report.write(health_report.report_path(site.places.run, 0), document)


def test_each_move_is_a_revision_that_says_who_and_why(site: Site) -> None:
    """From the start to the end."""
    assert moved(site, starting(site.places, "canary")).share("canary") == 5
    told = []
    for move in (pausing(ASK), resuming(ASK), promoting(ASK, 0.0), aborting(ASK)):
        progress = moved(site, move).progress
        assert progress is not None
        told.append((progress.state, progress.why))
    assert told == [
        ("paused", "cli:me paused it: why not"),
        ("progressing", "cli:me resumed it: why not"),
        ("progressing", "cli:me promoted it: why not"),
        ("degraded", "cli:me aborted it: why not"),
    ]
    assert site.head().revision == 6


def test_a_full_promotion_keeps_the_version_before_warm(site: Site) -> None:
    """From the moment that is given."""
    moved(site, starting(site.places, "canary", steps_of([1])))
    route = moved(site, promoting(ASK, 1000.0, full=True))
    assert route.progress is not None
    assert (route.stable, route.progress.previous, route.progress.warm_until) == ("canary", "blue", 4600.0)


@pytest.mark.parametrize("move", [pausing(ASK), resuming(ASK), promoting(ASK, 0.0), aborting(ASK)])
def test_without_a_rollout_nothing_can_be_moved(site: Site, move: Move) -> None:
    """The message says how to begin one."""
    with pytest.raises(NotNow, match="no rollout is under way on route late; to begin one: gateway rollout"):
        moved(site, move)
    assert site.head().revision == 1


def test_what_the_state_forbids(site: Site) -> None:
    """A second rollout, a pause of a pause, going on with what goes on."""
    moved(site, starting(site.places, "canary"))
    with pytest.raises(NotNow, match=r"a rollout of canary is under way on route late \(step 1 of 4, 5 %\)"):
        moved(site, starting(site.places, "green"))
    with pytest.raises(NotNow, match="is not paused; it gets 25 % once"):
        moved(site, resuming(ASK))
    moved(site, pausing(ASK))
    with pytest.raises(NotNow, match="is paused already: cli:me paused it: why not"):
        moved(site, pausing(ASK))


def test_a_canary_that_cannot_answer_is_not_started(site: Site) -> None:
    """Unless by force; where nobody tells of it nothing is known against it."""
    see(site, "down")
    with pytest.raises(NotNow, match=r"canary is not ready: service canary has no replica .* --force"):
        moved(site, starting(site.places, "canary"))
    assert moved(site, starting(site.places, "canary", force=True)).share("canary") == 5
    moved(site, aborting(ASK))
    see(site, "up")
    assert moved(site, starting(site.places, "canary")).share("canary") == 5


def test_the_route_is_found_by_name_canary_or_rollout(site: Site) -> None:
    """Where one is meant at all."""
    plan = site.head().plan
    assert find_for(plan, None, "canary").name == "late"
    assert find_for(plan, "protocol", "canary").name == "protocol"
    with pytest.raises(NotNow, match="no rollout is under way; to begin one"):
        find_for(plan, None)
    with pytest.raises(ChangeRefused, match="did you mean canary"):
        find_for(plan, None, "cannary")
    with pytest.raises(ChangeRefused, match="there is no service whatever; there is blue"):
        find_for(plan, None, "whatever")
    moved(site, starting(site.places, "canary"))
    assert find_for(site.head().plan, None).name == "late"


def test_steps_hold_until_their_verdict_and_end_at_100() -> None:
    """Which need not be said."""
    expected = (Step(500), Step(25_000), Step(100_000))
    assert steps_of([0.5, 25]) == steps_of([0.5, 25, 100]) == expected


@pytest.mark.parametrize(
    ("percents", "said"),
    [
        ([], "a rollout needs a step"),
        ([100], "below 100 %"),
        ([5, 5], "5 does not after 5"),
        ([0.0011, 0.0012], "0.001 does not after 0.001"),
        ([25, 5], "5 does not after 25"),
        ([-1], "from 0.001 to 100, not -1"),
        ([float("nan")], "not nan"),
        ([float("inf")], "not inf"),
        ([n / 2 for n in range(1, 102)], "101 steps are too many; 100 are possible"),
    ],
)
def test_steps_that_make_no_sense(percents: list[float], said: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(ChangeRefused, match=said):
        steps_of(percents)


def test_who_did_something_is_said_with_the_reason() -> None:
    """If there is one."""
    assert said(Request("pause", "api:::1"), "paused it") == "api:::1 paused it"


def test_the_control_process_is_asked(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed is not enough: it has to answer."""
    monkeypatch.setattr("gateway.control.status.health.PROBE_TIMEOUT", BOUND)
    places = control.site.places
    assert not control_runs(places)
    address = f"127.0.0.1:{control.port}"
    control.site.list_processes({"role": "control", "pid": control.process.pid}, admin=address)
    assert control_runs(places)
    control.kill()
    control.site.list_processes({"role": "control", "pid": control.process.pid}, admin="127.0.0.1:1")
    assert not control_runs(places)
