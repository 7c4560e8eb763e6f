"""The cheapest rows of the table of faults, one of each module, small: `make chaos` runs all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.chaos.__main__ import MEASUREMENTS, ROWS
from benchmarks.chaos.scale import QUICK
from benchmarks.measured.run import outcome
from tests.system.missed import missed

SCALE = replace(QUICK, seconds=0.5, storm=300, weight_changes=10, tunnels=10)


@pytest.mark.parametrize("name", ["cut", "storm", "drain", "weights", "download"])
def test_what_must_hold_holds(name: str) -> None:
    """Each must hold on a machine of any speed, but for how long a drain takes."""
    row = next(row for row in ROWS if row.name == name)
    found = outcome(row, SCALE, MEASUREMENTS.longest)
    assert found.reached is not None, found.problem
    assert missed(found.reached, "ended after") == []
    assert found.reached.requests > 0
