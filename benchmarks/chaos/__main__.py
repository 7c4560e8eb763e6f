"""`python -m benchmarks.chaos`: makes every fault happen and prints what each cost.

A full run also writes docs/chaos.md; `--only` and `--quick` only print.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.admin import Refused
from benchmarks.chaos import changes, clients, processes, replicas, services
from benchmarks.chaos.page import HEAD, document, lines, page
from benchmarks.chaos.row import FULL, QUICK, Outcome, Reached, Row, Scale
from benchmarks.contenders import ROOT
from benchmarks.machine import _processor
from benchmarks.process import end_in_order
from benchmarks.stage import allow_many_files
from gateway.supervision.compiled import compiled_copy, compiled_home

ROWS: tuple[Row, ...] = (*replicas.ROWS, *services.ROWS, *processes.ROWS, *changes.ROWS, *clients.ROWS)
LONGEST = 90.0
"""Seconds after which a row is given up."""
console = Console()


def main() -> int:
    """Run the rows, print, keep; returns 1 when a row missed what it must reach or could not be measured."""
    options = _options()
    end_in_order()
    allow_many_files()
    names = options.only.split(",") if options.only else [row.name for row in ROWS]
    outcomes = []
    for row in (row for row in ROWS if row.name in names):
        outcomes.append(outcome(row, QUICK if options.quick else FULL))
        _tell(outcomes[-1])
    _print(outcomes)
    machine = _machine()
    folder = ROOT / "benchmarks" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"chaos-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(document(outcomes, machine), indent=1, ensure_ascii=False) + "\n")
    if len(outcomes) == len(ROWS) and not options.quick:
        (ROOT / "docs" / "chaos.md").write_text(page(outcomes, machine), encoding="utf-8")
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
    shown = Table(*HEAD, title="Faults", title_justify="left", show_lines=True)
    for line in lines(outcomes):
        shown.add_row(*line)
    console.print(shown)
    for one in outcomes:
        if one.reached is not None and one.reached.failures:
            console.print(f"- {one.row.name}: {', '.join(one.reached.failures)}", markup=False)


def _machine() -> dict[str, str]:
    compiled = compiled_copy(compiled_home()) is not None
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{len(os.sched_getaffinity(0))} cores, {_processor()}",
        "kernel": f"Linux {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "workers": "compiled" if compiled else "plain Python",
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    names = [row.name for row in ROWS]
    parser.add_argument("--only", metavar="ROWS", help=f"a comma-separated choice of: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="small numbers, for a first look")
    options = parser.parse_args()
    unknown = set((options.only or names[0]).split(",")) - set(names)
    if unknown:
        parser.error(f"unknown row: {', '.join(sorted(unknown))}; choose from {', '.join(names)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
