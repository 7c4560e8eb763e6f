"""Scenarios and what many runs of one come to."""

from __future__ import annotations

import pytest
from numpy.random import default_rng

from benchmarks.prove.cases import ERRORS, OUTPUTS, QUARTER, QUICKLY
from benchmarks.prove.rehearsal import Plan
from benchmarks.prove.scenarios import Found, Row, Scenario, outputs, plain, sticky
from benchmarks.prove.traffic import World
from benchmarks.prove.users import People


def _row(wrong: int, runs: int) -> Row:
    scenario = Scenario("case", "", "fail", plain(World(), Plan(ERRORS, QUARTER)))
    return Row(scenario, (Found("fail", 1),) * wrong + (Found("none", 1),) * (runs - wrong))


def test_a_row_is_missed_when_its_interval_lies_above_the_bound() -> None:
    """7 % of 2,000 cannot be chance at 5 %, 5.5 % can; and 100 runs say less."""
    assert not _row(140, 2_000).is_met
    assert _row(110, 2_000).is_met
    assert _row(7, 100).is_met
    assert _row(140, 2_000).interval == pytest.approx((0.0592, 0.0821), abs=1e-3)


def test_a_run_compares_all_judges_on_the_same_requests() -> None:
    """Ours, and three others."""
    found = plain(World(risk=10.0), Plan(ERRORS, QUARTER))(default_rng(1))
    assert found.event == "fail"
    assert found.after % 100 == 0
    assert len(found.rivals) == 3
    assert found.rivals[2] is not None


def test_runs_repeat_with_their_seed() -> None:
    """Each kind of run."""
    for run in (
        plain(World(seconds=100), Plan(ERRORS, QUARTER)),
        sticky(People(users=100, seconds=50), Plan(ERRORS, QUARTER, keyed=True)),
        outputs(Plan(OUTPUTS, QUICKLY)),
    ):
        assert run(default_rng(7)) == run(default_rng(7))
