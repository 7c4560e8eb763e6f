"""The fast part of the proof in docs/rollout-statistics.md: `make prove` runs the whole.

Few runs of each case, with fixed seeds, through the real bookkeeping, judge and decisions. A rate is refuted
where its exact interval lies above the bound.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from numpy.random import default_rng

from benchmarks.prove.cases import ERRORS, QUARTER, SAME, TOO_BAD
from benchmarks.prove.interval import quantile_within
from benchmarks.prove.ladder import RUNGS
from benchmarks.prove.rehearsal import Plan
from benchmarks.prove.scenarios import Row, Scenario, plain
from benchmarks.prove.traffic import World

RUNS = {
    "plain": 100,
    "incidents": 40,
    "ramp": 80,
    "errors and latency": 20,
    "sticky users": 25,
    "the same, growing": 25,
    "two workers": 30,
    "outputs": 25,
    "at the margin": 60,
    "at the margin, never taken back": 40,
    "at the acceptable rate, never taken back": 80,
    "sticky users at the margin, never taken back": 30,
    "uneven sticky users at the margin, never taken back": 30,
}
CASES = {case.name: case for case in (*SAME, *TOO_BAD)}


def _row(case: Scenario, runs: int) -> Row:
    return Row(case, tuple(case.run(default_rng([2026, number])) for number in range(runs)))


@pytest.mark.parametrize("name", RUNS)
def test_wrong_verdicts_are_as_rare_as_promised(name: str) -> None:
    """Versions that are no worse are not taken back, and too bad ones do not become stable."""
    row = _row(CASES[name], RUNS[name])
    assert row.is_met, f"{row.hits} of {len(row.found)} runs were wrong, at least {row.interval[0]:.1%}"


def test_a_judge_with_its_bar_too_low_is_found_out() -> None:
    """The proof can fail: at an alpha ten times as large, the promise of 5 % is seen to be broken."""
    case = Scenario("", "", "fail", plain(World(seconds=500), Plan(replace(ERRORS, alpha=0.5), QUARTER)))
    row = _row(case, 100)
    assert not row.is_met


@pytest.mark.parametrize(
    ("name", "median"),
    [
        ("errors at 1 %, 20 ×", 300),
        ("errors at 1 %, 5 ×", 2_000),
        ("latency, 2 ×", 500),
        ("latency, 1.25 ×", 4_000),
    ],
)
def test_regressions_are_found_soon(name: str, median: int) -> None:
    """The median of 25 runs, in requests of both versions."""
    rung = next(rung for rung in RUNGS if rung.name == name)
    found = [rung.run(default_rng([2026, number])) for number in range(25)]
    after = quantile_within([one.after if one.event == "fail" else None for one in found], 0.5)
    assert after is not None
    assert after <= median
