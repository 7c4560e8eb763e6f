"""The command of a kind of measurement: runs its rows, prints what came of them, and writes the page."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.admin import Refused
from benchmarks.machine import here
from benchmarks.measured.page import Page, lines, notes
from benchmarks.measured.row import Outcome, Reached, Row, S
from benchmarks.process import end_in_order
from benchmarks.stage import allow_many_files
from benchmarks.wire import Broken

_FAILURES: Final = (
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    subprocess.SubprocessError,
    Refused,
    Broken,
)
console = Console()


@dataclass(frozen=True, slots=True)
class Measurements(Generic[S]):
    """A kind of measurement: `full` and `quick` are how much its rows do.

    A row that is a coroutine is given up after `longest` seconds; others bound themselves.
    """

    program: str
    title: str
    rows: tuple[Row[S], ...]
    full: S
    quick: S
    page: Page
    longest: float = 400.0


def run(kind: Measurements[S], arguments: Sequence[str]) -> int:
    """Run the rows, print, write the page after a full run.

    Returns 1 when a row missed what it must reach, or could not be measured, else 0.
    """
    options = _options(kind, arguments)
    kind.page.around()  # a page that cannot be written is better known before than after
    end_in_order()
    allow_many_files()
    names = options.only.split(",") if options.only else [row.name for row in kind.rows]
    outcomes = []
    for row in (row for row in kind.rows if row.name in names):
        one = outcome(row, kind.quick if options.quick else kind.full, kind.longest)
        outcomes.append(one)
        console.print(f"{row.name}: {one.verdict} ({one.seconds:.1f} s) {one.problem}", markup=False)
    _print(kind, outcomes)
    if len(outcomes) == len(kind.rows) and not options.quick:
        kind.page.write(outcomes, here())
    return 0 if all(one.verdict == "met" for one in outcomes) else 1


def outcome(row: Row[S], scale: S, longest: float) -> Outcome[S]:
    """Run one row; what keeps it from being measured is noted, and the others go on."""
    began = time.monotonic()
    if why := row.missing():
        return Outcome(row, None, 0.0, why)
    try:
        reached = row.run(scale)
        if not isinstance(reached, Reached):
            reached = uvloop.run(_bounded(reached, longest))
    except _FAILURES as problem:
        return Outcome(row, None, time.monotonic() - began, f"{type(problem).__name__}: {problem}")
    return Outcome(row, reached, time.monotonic() - began)


async def _bounded(reached: Awaitable[Reached], longest: float) -> Reached:
    try:
        async with asyncio.timeout(longest) as bound:
            return await reached
    except TimeoutError as error:
        if bound.expired():
            raise RuntimeError(f"it was given up after {longest:g} s") from error
        raise


def _print(kind: Measurements[S], outcomes: Sequence[Outcome[Any]]) -> None:
    shown = Table(*kind.page.head, title=kind.title, title_justify="left", show_lines=True)
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


def _options(kind: Measurements[S], arguments: Sequence[str]) -> argparse.Namespace:
    told = f"{kind.title}: measured on gateways of their own, printed, and written to {kind.page.file.name} "
    told += "after a full run. Exit code 1: a row missed what it must reach, or could not be measured."
    parser = argparse.ArgumentParser(prog=f"python -m {kind.program}", description=told)
    names = [row.name for row in kind.rows]
    assert len(set(names)) == len(names), "`--only` could not tell two rows apart"
    parser.add_argument("--only", metavar="ROWS", help=f"a comma-separated choice of: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="little of each, for a first look")
    options = parser.parse_args(arguments)
    unknown = set((options.only or names[0]).split(",")) - set(names)
    if unknown:
        parser.error(f"unknown row: {', '.join(sorted(unknown))}; choose from {', '.join(names)}")
    return options
