"""Rollouts of real model versions through a real gateway, small: `make rollouts` runs many more."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest
import uvloop

from benchmarks.measured.run import outcome
from benchmarks.rollouts import users
from benchmarks.rollouts.__main__ import MEASUREMENTS, ROWS
from benchmarks.rollouts.fault import Fault
from benchmarks.rollouts.scale import Scale
from benchmarks.rollouts.site import Site
from benchmarks.rollouts.trial import CANARY, LENIENT, STABLE, Event, Trial, is_at, routing, trial, until
from benchmarks.rollouts.version import Version
from tests.waiting import BOUND

SCALE = Scale(rate=300.0, patience=BOUND, kills=3, runs=2)
QUICK = routing(keyed=False, latency=LENIENT, outputs="ignore", acceptable="10%", least=100)
"""A judge that needs few requests, where nothing fails."""


def rolled_out(model: str = "", fault: Fault | None = None, event: Event | None = None) -> Trial:
    """Roll out a version of a model (empty: one that costs nothing), which may be at fault."""
    running = {STABLE: Version(model), CANARY: Version(model, fault)}
    return uvloop.run(trial(SCALE, QUICK, running, users.requests(1, keyed=False), event))


async def kill_control(found: Site) -> float:
    """Kill -9 the control process in the second step."""
    await until(lambda: is_at(found, 1), BOUND, "the second step", found)
    before = found.pid("control")
    found.kill_process("control")
    await until(lambda: found.pid("control") not in (0, before), BOUND, "another control process", found)
    await asyncio.sleep(0)
    return monotonic()


def actions(found: Trial) -> list[str]:
    """Return what the controller did to the rollout, in order."""
    return [move.action for move in found.moves if move.author == "rollout" and move.action != "thresholds"]


def test_a_good_version_is_promoted_by_itself() -> None:
    """Step after step until it is stable, by the file and the history too; nobody's request fails."""
    found = rolled_out("v3")
    assert actions(found) == ["advance", "advance", "complete"]
    assert found.moves[-1].route.stable == CANARY
    assert f"stable: {CANARY}" in found.file
    assert "complete" in found.history
    assert found.failed == []
    assert found.problems == []


def test_a_version_that_fails_is_rolled_back_by_itself() -> None:
    """In its first step, with a sentence that names its numbers; nobody gets it afterwards."""
    found = rolled_out(fault=Fault(errors=0.3))
    assert actions(found) == ["fail"]
    assert found.progress.state == "degraded"
    assert CANARY in found.progress.why
    assert {one.version for one in found.failed} == {CANARY}
    assert all(one.version == STABLE for one in found.afterwards)
    assert found.problems == []


def test_a_control_process_killed_in_the_middle_changes_nothing() -> None:
    """The next one goes on in the same step: none is skipped or taken twice, and no request fails."""
    found = rolled_out(event=kill_control)
    assert actions(found) == ["advance", "advance", "complete"]
    assert found.moves[-1].route.stable == CANARY
    assert found.failed == []
    assert found.problems == []


@pytest.mark.parametrize("name", ["slow", "switches", "kills"])
def test_what_must_hold_holds(name: str) -> None:
    """Cheap rows of the measured rollouts, small; the worst publication is not for a busy CI to measure."""
    row = next(row for row in ROWS if row.name == name)
    found = outcome(row, SCALE, MEASUREMENTS.longest)
    assert found.verdict == "met", (found.problem, found.reached)
