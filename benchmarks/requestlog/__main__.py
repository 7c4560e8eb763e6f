"""`python -m benchmarks.requestlog`: what the request log costs, keeps and survives, on a real gateway.

A full run also writes the tables into docs/request-log-measured.md; `--only` and `--quick` only print.
Exit code 1: a row missed what it must reach, or could not be measured.
"""

from __future__ import annotations

import sys

from benchmarks.contenders import ROOT
from benchmarks.measured.page import Page
from benchmarks.measured.run import Measurements, run
from benchmarks.requestlog import cost, disk, fed, fresh, kills, overload, secrets, sustained
from benchmarks.requestlog.scale import FULL, QUICK, Scale

INTRO = """# The request log, measured

What stands between the marks is written by `make request-log`. Each row starts a gateway of its own
(`gateway up`) on loopback, before an nginx that gives the same answers to all: 14 bytes to a small GET, a
prediction of 300 bytes to a flight of 1 kB as an Open Inference request. No two heads are alike. Everything
is logged, bodies too, unless a row says otherwise. Load, upstream and gateway share the machine below.
"""
ROWS = (
    *cost.ROWS,
    *fed.ROWS,
    *sustained.ROWS,
    *overload.ROWS,
    *kills.ROWS,
    *disk.ROWS,
    *secrets.ROWS,
    *fresh.ROWS,
)
PAGE = Page(ROOT / "docs" / "request-log-measured.md", "request-log", INTRO)
MEASUREMENTS: Measurements[Scale] = Measurements(
    "benchmarks.requestlog", "Request log", ROWS, FULL, QUICK, PAGE
)

if __name__ == "__main__":
    sys.exit(run(MEASUREMENTS, sys.argv[1:]))
