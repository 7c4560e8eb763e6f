"""`python -m benchmarks.rollouts`: rolls good and bad versions out through a real gateway, under load.

A full run also writes the tables into docs/rollouts-measured.md; `--only` and `--quick` only print.
Exit code 1: a row missed what it must reach, or could not be measured.
"""

from __future__ import annotations

import sys

from benchmarks.contenders import ROOT
from benchmarks.measured.page import Page
from benchmarks.measured.run import Measurements, run
from benchmarks.rollouts import bad, good, held, kills, moved, planned
from benchmarks.rollouts.scale import FULL, QUICK, Scale

INTRO = """# Rollouts, measured

What stands between the marks is written by `make rollouts`. Each row starts a gateway of its own with two
workers (`gateway up`) before model versions of this repository, each a process of its own, on loopback. The
load is steady: 400 requests a second, real flights as questions; where users are pinned there are 20,000 of
them by `x-user-id`, of whom the n-th asks n^-0.9 times as often as the first. Clients retry nothing. The
rollout is started with `gateway rollout`, in steps of 5, 25, 50 and 100 %; nobody helps it. A *bad answer* is
one that a user got and that was no whole 200, or came late where that is the fault.
"""
ROWS = (
    *good.ROWS[:2],
    *bad.ROWS,
    *held.ROWS,
    *good.ROWS[2:],
    *moved.ROWS,
    *kills.ROWS,
    *planned.ROWS,
)
PAGE = Page(ROOT / "docs" / "rollouts-measured.md", "rollouts", INTRO, failed="bad answers")
MEASUREMENTS: Measurements[Scale] = Measurements(
    "benchmarks.rollouts", "Rollouts", ROWS, FULL, QUICK, PAGE, longest=400.0
)

if __name__ == "__main__":
    sys.exit(run(MEASUREMENTS, sys.argv[1:]))
