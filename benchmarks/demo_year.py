"""`python -m benchmarks.demo_year FILE`: a year of real flights through a gateway, watched as it passes.

FILE is what `benchmarks.demo_year_flights` wrote. A model that learnt from January and February serves from
March on; labels arrive a day later. Prints by month what was true, what was predicted, and what was alarmed.
At the same time the control passes: the days of the year in random order, and a model trained on the first of
them; nothing has changed then. What came of both is written into docs/detectors.md.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from numpy.random import default_rng
from rich.console import Console
from rich.progress import track

from benchmarks import demo_year_page
from benchmarks.contenders import ROOT
from benchmarks.demo_year_alarms import Replayed
from benchmarks.demo_year_days import FIRST
from benchmarks.demo_year_flights import YEAR, Year, load
from benchmarks.demo_year_replay import Answered, labels, send_day
from benchmarks.demo_year_site import Site, site
from benchmarks.detectors.page import with_part
from benchmarks.process import end_in_order

BEHIND = 5
"""Days that watching may lag behind the flights before the next ones are sent."""
SEED = 1
"""Of the control's order of days; taken before any was looked at."""
PAGE = ROOT / "docs" / "detectors.md"
_PATIENCE = 120.0
console = Console()


def main() -> int:
    """Replay the year and the control, print and write what came of them; returns 1 when one stopped."""
    options = _options()
    end_in_order()
    year = load(options.file)
    days = {"year": year, "control": year.shuffled(default_rng(options.seed))}
    served = {name: of for name, of in days.items() if options.only in (None, name)}
    end = FIRST + options.days if options.days else int(year.day[-1]) + 1
    try:
        found = _replayed(options.version, served, end)
    except (RuntimeError, OSError, TimeoutError, ExceptionGroup) as error:
        console.print(f"The replay stopped: {error}", markup=False)
        return 1
    lines: list[str] = []
    if "year" in found:
        lines += demo_year_page.of_year(year, found["year"], options.version)
    if "control" in found:
        lines += demo_year_page.of_control(days["control"], found["control"], options.seed)
    console.print("\n".join(["", *lines]), markup=False, soft_wrap=True)
    if not (options.days or options.only):
        page = PAGE.read_text("utf-8")
        PAGE.write_text(with_part(page, demo_year_page.BEGIN, demo_year_page.END, lines), encoding="utf-8")
    return 0


def _replayed(version: str, served: Mapping[str, Year], end: int) -> dict[str, Replayed]:
    """Replay all of them at once, each through a gateway of its own: most of the time is spent waiting."""
    with ExitStack() as stack:
        sites = {
            name: stack.enter_context(site(version, year if name == "control" else None))
            for name, year in served.items()
        }

        async def together() -> dict[str, Replayed]:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    name: group.create_task(
                        replay(sites[name], year, end, is_shown=name == next(iter(served)))
                    )
                    for name, year in served.items()
                }
            return {name: task.result() for name, task in tasks.items()}

        return asyncio.run(together())


async def replay(own: Site, year: Year, end: int, *, is_shown: bool = False) -> Replayed:
    """Send the days one after another, each day's truth after the next day's flights."""
    began = time.monotonic()
    found = Replayed(np.zeros(len(year.day)))
    before: list[Answered] = []
    async with aiohttp.ClientSession() as session:
        for day in track(
            range(FIRST, end), "the year", console=console, disable=not (is_shown and console.is_terminal)
        ):
            answered = await send_day(session, own, year, day)
            for one in answered:
                found.probability[one.rows] = one.probability
            await _tell(own, labels(year, before))
            before = answered
            await _watched(own, day - BEHIND)
            found.alarms.note(await asyncio.to_thread(own.alerts))
        await _tell(own, labels(year, before))
        await _watched(own, end - BEHIND)
        found.alarms.note(await asyncio.to_thread(own.alerts))
    found.seconds = time.monotonic() - began
    return found


async def _tell(own: Site, told: list[dict[str, Any]]) -> None:
    if told:
        await asyncio.to_thread(own.label, told)


async def _watched(own: Site, day: int) -> None:
    """Wait until the gateway has looked at a day; raises TimeoutError."""
    until = time.monotonic() + _PATIENCE
    while day > FIRST and (found := await asyncio.to_thread(own.watched_up_to)) < moment_of(day):
        if time.monotonic() > until:
            wanted, seen = (datetime.fromtimestamp(one, UTC).date() for one in (moment_of(day), found))
            raise TimeoutError(f"in {_PATIENCE:g} s the gateway has looked up to {seen}, not to {wanted}")
        await asyncio.sleep(0.05)


def moment_of(day: int) -> float:
    """Return when a day of the year begins, in seconds since 1970."""
    return datetime(YEAR, 1, 1, tzinfo=UTC).timestamp() + 86_400.0 * day


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo_year", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--version", choices=("v1", "v2"), default="v1", help="(default: %(default)s)")
    parser.add_argument("--only", choices=("year", "control"), help="one of the two; writes no page")
    parser.add_argument("--seed", type=int, default=SEED, help="of the control (default: %(default)s)")
    parser.add_argument("--days", type=int, default=0, help="so many days only; writes no page")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
