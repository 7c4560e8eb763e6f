"""Whole runs: looks that are left out change nothing."""

from __future__ import annotations

import pytest
from numpy.random import default_rng

from benchmarks.prove.cases import DEFAULT_STEPS, ERRORS, QUARTER, TIMED
from benchmarks.prove.lanes import Lanes
from benchmarks.prove.rehearsal import Look, Plan
from benchmarks.prove.runs import Ended, run_plain, run_sticky
from benchmarks.prove.traffic import World
from benchmarks.prove.users import People, Users
from gateway.routing.rollouts import Step


@pytest.mark.parametrize("steps", [DEFAULT_STEPS, TIMED, QUARTER])
@pytest.mark.parametrize("risk", [0.0, 1.0, 4.0])
def test_leaving_out_looks_changes_no_result(steps: tuple[Step, ...], risk: float) -> None:
    """The same seed ends alike, at the same second, whether all looks are taken or only those that tell."""
    world = World(seconds=700, rate=50, risk=risk)
    for seed in range(4):
        few, all_of_them = (
            run_plain(Lanes(world, default_rng(seed)), Plan(ERRORS, steps), every_second=every)
            for every in (False, True)
        )
        assert few == all_of_them


def test_a_bad_version_is_taken_back_and_a_good_one_becomes_stable() -> None:
    """Ten times the errors; none at all; and a stream that is over before anything is known."""
    plan = Plan(ERRORS, DEFAULT_STEPS)
    worse = run_plain(Lanes(World(risk=10.0), default_rng(1)), plan)
    assert (worse.event, worse.failed) == ("fail", "errors")
    assert worse.second < 200
    good = run_plain(Lanes(World(base=0.0), default_rng(2)), plan)
    assert (good.event, good.step) == ("complete", 2)
    assert run_plain(Lanes(World(seconds=2), default_rng(3)), plan) == Ended("none", 2, 0)


def test_users_who_stick_are_judged_as_well() -> None:
    """Ten times the errors at a quarter of the users; alike, nothing happens."""
    plan = Plan(ERRORS, QUARTER, keyed=True)
    worse = run_sticky(Users(People(risk=10.0, uneven=float("inf")), default_rng(1)), plan)
    assert worse.event == "fail"
    assert run_sticky(Users(People(seconds=50), default_rng(2)), plan).event == "none"


def test_timed_steps_go_on_by_the_clock() -> None:
    """Nobody has to look at the right second: every tenth is looked at in any case."""
    ended = run_sticky(
        Users(People(seconds=450, base=0.001), default_rng(3)), Plan(ERRORS, TIMED, keyed=True)
    )
    assert (ended.event, ended.step) == ("none", 2)


def test_whoever_watches_sees_each_look() -> None:
    """In order, up to the end."""
    seen: list[Look] = []
    run_plain(
        Lanes(World(seconds=100), default_rng(4)), Plan(ERRORS, QUARTER), every_second=True, watch=seen.append
    )
    assert [look.second for look in seen] == list(range(1, 101))
