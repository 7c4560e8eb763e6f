"""`python -m benchmarks.rollouts`: rolls good and bad versions out through a real gateway, under load.

A full run also writes the tables into docs/rollouts-measured.md; `--only` and `--quick` only print. Exit
code 1: a row missed what it must reach, or could not be measured.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.admin import Refused
from benchmarks.chaos.__main__ import _machine
from benchmarks.contenders import ROOT
from benchmarks.process import end_in_order
from benchmarks.rollouts import bad, good, held, kills, moved, planned
from benchmarks.rollouts.page import HEAD, lines, notes, page
from benchmarks.rollouts.row import FULL, QUICK, Outcome, Reached, Row, Scale
from benchmarks.stage import allow_many_files

ROWS: tuple[Row, ...] = (
    *good.ROWS[:2],
    *bad.ROWS,
    *held.ROWS,
    *good.ROWS[2:],
    *moved.ROWS,
    *kills.ROWS,
    *planned.ROWS,
)
PAGE = ROOT / "docs" / "rollouts-measured.md"
LONGEST = 400.0
"""Seconds after which a row is given up."""
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
    try:
        reached = uvloop.run(_bounded(row, scale))
    except (OSError, RuntimeError, ValueError, LookupError, Refused) as problem:
        return Outcome(row, None, time.monotonic() - began, f"{type(problem).__name__}: {problem}")
    return Outcome(row, reached, time.monotonic() - began)


async def _bounded(row: Row, scale: Scale) -> Reached:
    async with asyncio.timeout(LONGEST):
        return await row.run(scale)


def _tell(one: Outcome) -> None:
    console.print(f"{one.row.name}: {one.verdict} ({one.seconds:.1f} s) {one.problem}", markup=False)


def _print(outcomes: list[Outcome]) -> None:
    shown = Table(*HEAD, title="Rollouts", title_justify="left", show_lines=True)
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
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rollouts", description=__doc__)
    names = [row.name for row in ROWS]
    parser.add_argument("--only", metavar="ROWS", help=f"a comma-separated choice of: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="fewer kills and runs, for a first look")
    options = parser.parse_args()
    unknown = set((options.only or names[0]).split(",")) - set(names)
    if unknown:
        parser.error(f"unknown row: {', '.join(sorted(unknown))}; choose from {', '.join(names)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
