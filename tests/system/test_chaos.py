"""The cheapest rows of the table of faults, one of each module, small: `make chaos` runs all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.chaos.__main__ import MEASUREMENTS, ROWS
from benchmarks.chaos.scale import QUICK
from benchmarks.measured.run import outcome

SCALE = replace(QUICK, seconds=0.5, storm=300, weight_changes=10, tunnels=10)


@pytest.mark.parametrize("name", ["cut", "storm", "drain", "weights", "download"])
def test_what_must_hold_holds(name: str) -> None:
    """None of these depends on how fast the machine is, but for the times, which are not for a busy CI."""
    row = next(row for row in ROWS if row.name == name)
    found = outcome(row, SCALE, MEASUREMENTS.longest)
    assert found.reached is not None, found.problem
    missed = [str(one) for one in found.reached.figures if not one.met and one.unit not in (" s", " ms")]
    assert (missed, found.reached.requests > 0) == ([], True)
