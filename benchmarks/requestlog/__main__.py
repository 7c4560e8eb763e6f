"""`python -m benchmarks.requestlog`: what the request log costs, keeps and survives, on a real gateway.

A full run also writes the tables into docs/request-log-measured.md; `--only` and `--quick` only print. Exit
code 1: a row missed what it must reach, or could not be measured.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from rich.console import Console
from rich.table import Table

from benchmarks.admin import Refused
from benchmarks.chaos.__main__ import _machine
from benchmarks.contenders import ROOT
from benchmarks.process import end_in_order
from benchmarks.requestlog import cost, disk, fed, fresh, kills, overload, secrets, sustained
from benchmarks.requestlog.page import HEAD, lines, notes, page
from benchmarks.requestlog.row import FULL, QUICK, Outcome, Row, Scale
from benchmarks.stage import allow_many_files
from benchmarks.wire import Broken

ROWS: tuple[Row, ...] = (
    *cost.ROWS,
    *fed.ROWS,
    *sustained.ROWS,
    *overload.ROWS,
    *kills.ROWS,
    *disk.ROWS,
    *secrets.ROWS,
    *fresh.ROWS,
)
PAGE = ROOT / "docs" / "request-log-measured.md"
_FAILURES = (OSError, RuntimeError, ValueError, LookupError, Refused, Broken, subprocess.SubprocessError)
console = Console()


def main() -> int:
    """Run the rows, print, write the page; returns 1 when a row missed what it must reach."""
    options = _options()
    end_in_order()
    allow_many_files()
    names = options.only.split(",") if options.only else [row.name for row in ROWS]
    outcomes = []
    for row in (row for row in ROWS if row.name in names):
        outcomes.append(outcome(row, QUICK if options.quick else FULL))
        _tell(outcomes[-1])
    _print(outcomes)
    if len(outcomes) == len(ROWS) and not options.quick:
        text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        PAGE.write_text(page(text, outcomes, _machine()), encoding="utf-8")
    return 0 if all(one.verdict == "met" for one in outcomes) else 1


def outcome(row: Row, scale: Scale) -> Outcome:
    """Run one row; what keeps it from being measured is noted, and the others go on."""
    began = time.monotonic()
    if why := row.missing():
        return Outcome(row, None, 0.0, why)
    try:
        reached = row.run(scale)
    except _FAILURES as problem:
        return Outcome(row, None, time.monotonic() - began, f"{type(problem).__name__}: {problem}")
    return Outcome(row, reached, time.monotonic() - began)


def _tell(one: Outcome) -> None:
    console.print(f"{one.row.name}: {one.verdict} ({one.seconds:.1f} s) {one.problem}", markup=False)


def _print(outcomes: list[Outcome]) -> None:
    shown = Table(*HEAD, title="Request log", title_justify="left", show_lines=True)
    for line in lines(outcomes):
        shown.add_row(*line)
    console.print(shown)
    for one in outcomes:
        for said in notes(one):
            console.print(f"- {said}", markup=False, highlight=False)
        for head, body in one.reached.tables if one.reached else ():
            more = Table(*head)
            for line in body:
                more.add_row(*line)
            console.print(more)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.requestlog", description=__doc__)
    names = [row.name for row in ROWS]
    parser.add_argument("--only", metavar="ROWS", help=f"a comma-separated choice of: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="shorter, for a first look")
    options = parser.parse_args()
    unknown = set((options.only or names[0]).split(",")) - set(names)
    if unknown:
        parser.error(f"unknown row: {', '.join(sorted(unknown))}; choose from {', '.join(names)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
