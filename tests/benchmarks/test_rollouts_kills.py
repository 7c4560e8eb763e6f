"""What is laid out for the rows, as the gateway reads it."""

from __future__ import annotations

from pathlib import Path
from string import Template

import pytest

from benchmarks.rollouts import killing, kills, measured, trial
from gateway.routing.file import read_plan

URLS = {
    name: f'"http://127.0.0.1:{port}"'
    for port, name in enumerate(("blue", "canary", "green", "teal", "red"), 9001)
}


@pytest.mark.parametrize(
    "text",
    [
        kills.routing(),
        trial.routing(),
        trial.routing(keyed=False, latency="off", outputs="ignore", acceptable="10%", least=100),
        measured.routing(measured.Effect(2.0, 100.0), ["r0", "r1"]),
        measured.routing(measured.Effect(1.1, 100.0, is_latency=True), ["r0"]),
    ],
)
def test_every_routing_yaml_is_fair(text: str) -> None:
    """Each route has steps that end at 100 %, and its first version has everything."""
    plan = read_plan(Template(text).substitute(URLS), Path("routing.yaml"))
    assert {route.share(route.stable) for route in plan.routes} == {100}
    assert {route.rollout.steps[-1].weight for route in plan.routes} == {100_000}


def test_the_victims_make_a_hundred() -> None:
    """The control process is most of them."""
    assert sum(killing.VICTIMS.values()) == 100
    assert max(killing.VICTIMS, key=lambda name: killing.VICTIMS[name]) == "the control process"


def test_routes_share_no_version_that_they_would_quarrel_about() -> None:
    """Two take turns with the same versions the other way round; the bad one has its own."""
    assert all(set(killing.ROUTES["bad"]).isdisjoint(killing.ROUTES[name]) for name in killing.GOOD)
