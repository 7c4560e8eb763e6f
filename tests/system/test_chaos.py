"""The cheapest rows of the table of faults, one of each module, small: `make chaos` runs all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.chaos.__main__ import ROWS, outcome
from benchmarks.chaos.row import QUICK

SCALE = replace(QUICK, seconds=0.5, storm=300, weight_changes=10, tunnels=10)


@pytest.mark.parametrize("name", ["cut", "storm", "drain", "weights", "download"])
def test_what_must_hold_holds(name: str) -> None:
    """None of these depends on how fast the machine is."""
    row = next(row for row in ROWS if row.name == name)
    found = outcome(row, SCALE)
    assert found.verdict == "met", (found.problem, found.reached)
