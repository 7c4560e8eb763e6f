"""`python -m benchmarks.chaos`: makes every fault happen and tells what each cost.

A full run also writes the tables into docs/chaos.md; `--only` and `--quick` only print.
Exit code 1: a row missed what it must reach, or could not be measured.
"""

from __future__ import annotations

import sys

from benchmarks.chaos import changes, clients, processes, replicas, services
from benchmarks.chaos.scale import FULL, QUICK, Scale
from benchmarks.contenders import ROOT
from benchmarks.measured.page import Page
from benchmarks.measured.run import Measurements, run

INTRO = """# Chaos

What stands between the marks is written by `make chaos`. Each row starts a gateway of its own with two
workers (`gateway up`) before small services that misbehave, on loopback, with clients that retry nothing and
check that each answer is whole and of a service that could have given it. A request *failed* when it was
answered with anything but a whole 200; in some rows that is what the row asks for.
"""
ROWS = (*replicas.ROWS, *services.ROWS, *processes.ROWS, *changes.ROWS, *clients.ROWS)
PAGE = Page(ROOT / "docs" / "chaos.md", "chaos", INTRO)
MEASUREMENTS: Measurements[Scale] = Measurements(
    "benchmarks.chaos", "Faults", ROWS, FULL, QUICK, PAGE, longest=90.0
)

if __name__ == "__main__":
    sys.exit(run(MEASUREMENTS, sys.argv[1:]))
