"""`python -m benchmarks.demo_year FILE`: a year of real flights through a gateway, watched as it passes.

FILE is what `benchmarks.demo_year_flights` wrote. A model that learnt from January and February serves from
March on; labels arrive a day later. Prints by month what was true, what was predicted, and what was alarmed.
`--control`: the days of the year in random order, and a model trained on the first of them; nothing has
changed then.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from numpy.random import default_rng
from rich.console import Console
from rich.progress import track

from benchmarks.demo_year_alarms import Alarms, by_month, sentences
from benchmarks.demo_year_days import FIRST, Floats
from benchmarks.demo_year_flights import YEAR, Year, load
from benchmarks.demo_year_replay import Answered, labels, send_day
from benchmarks.demo_year_site import Site, site
from benchmarks.process import end_in_order
from benchmarks.report import markdown

BEHIND = 5
"""Days that watching may lag behind the flights before the next ones are sent."""
_PATIENCE = 120.0
console = Console()


@dataclass(slots=True)
class Replayed:
    """What came of the year: the probability of every flight that was served, and the alarms."""

    probability: Floats
    alarms: Alarms = field(default_factory=Alarms)


def main() -> int:
    """Replay the year and print the table; returns 1 when it could not be replayed."""
    options = _options()
    end_in_order()
    year = load(options.file)
    if options.control is not None:
        year = year.shuffled(default_rng(options.control))
    try:
        with site(options.version, None if options.control is None else year) as own:
            began = time.monotonic()
            found = asyncio.run(
                replay(own, year, FIRST + options.days if options.days else int(year.day[-1]) + 1)
            )
            seconds = time.monotonic() - began
    except (RuntimeError, OSError, TimeoutError, ExceptionGroup) as error:
        console.print(f"The replay stopped: {error}", markup=False)
        return 1
    n = int((found.probability > 0).sum())
    console.print(f"\n{options.version}: {n:,} flights in {seconds:.0f} s\n", markup=False)
    console.print(markdown(by_month(year, found.probability, found.alarms)), markup=False, soft_wrap=True)
    for line in sentences(found.alarms):
        console.print(f"- {line}", markup=False, soft_wrap=True)
    return 0


async def replay(own: Site, year: Year, end: int) -> Replayed:
    """Send the days one after another, each day's truth after the next day's flights."""
    found = Replayed(np.zeros(len(year.day)))
    before: list[Answered] = []
    async with aiohttp.ClientSession() as session:
        for day in track(range(FIRST, end), "the year", console=console, disable=not console.is_terminal):
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
    parser.add_argument("--control", type=int, metavar="SEED", help="shuffle the days of the year")
    parser.add_argument("--days", type=int, default=0, help="so many days only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
