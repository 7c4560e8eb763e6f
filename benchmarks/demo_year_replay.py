"""Sends the flights of the year through a gateway, day by day; each day's truth is told the day after.

One request holds the flights of one origin and hour. It says by its parameter `event_time` when that is: the
whole year passes in minutes, and is watched as if it took its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import aiohttp
import numpy as np
from numpy.typing import NDArray

from benchmarks.demo_year_days import SCORE
from benchmarks.demo_year_flights import YEAR, Year
from benchmarks.demo_year_site import Site
from model_versions import flights

AT_ONCE = 8
_TIMEOUT = aiohttp.ClientTimeout(total=30)
_NAMES = [spec.name for spec in flights.INPUTS]
_READ: dict[str, Callable[[float], int | float]] = {"INT64": int, "FP64": float}


@dataclass(frozen=True, slots=True)
class Answered:
    """One request that was answered: its id, the rows of the year it held, and what was predicted of each."""

    id: str
    rows: NDArray[np.int64]
    probability: list[float]


def groups(year: Year, day: int) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield the requests of a day in the order of time: the event time, and the rows of the year it holds."""
    rows = year.rows(day, day + 1)
    hour = year.data.matrix[rows, _NAMES.index("scheduled_departure")].astype(np.int64) // 60
    origin = year.data.matrix[rows, _NAMES.index("origin")].astype(np.int64)
    for when in np.unique(hour).tolist():
        for place in np.unique(origin[hour == when]).tolist():
            moment = datetime.combine(date(YEAR, 1, 1) + timedelta(days=day), datetime.min.time())
            yield (moment + timedelta(hours=when)).isoformat(), rows[(hour == when) & (origin == place)]


def question(year: Year, moment: str, rows: NDArray[np.int64]) -> dict[str, Any]:
    """Return an Open Inference request."""
    tensors = []
    for spec, column in zip(flights.INPUTS, year.data.matrix[rows].T, strict=True):
        if spec.name in year.data.categories:
            data: list[Any] = [year.data.categories[spec.name][int(value)] for value in column]
        else:
            data = [_READ[spec.datatype](value) for value in column]
        tensors.append({"name": spec.name, "datatype": spec.datatype, "shape": [len(rows)], "data": data})
    return {"parameters": {"event_time": moment}, "inputs": tensors}


async def send_day(session: aiohttp.ClientSession, site: Site, year: Year, day: int) -> list[Answered]:
    """Ask about every flight of a day; raises RuntimeError where a request is not answered."""
    queue = groups(year, day)
    found: list[Answered] = []

    async def client() -> None:
        for moment, rows in queue:
            found.append(await _ask(session, site, question(year, moment, rows), rows))

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(client())
    return found


async def _ask(
    session: aiohttp.ClientSession, site: Site, body: dict[str, Any], rows: NDArray[np.int64]
) -> Answered:
    async with session.post(f"{site.url}/v2/models/late/infer", json=body, timeout=_TIMEOUT) as answer:
        text = await answer.text()
        if answer.status != 200:
            raise RuntimeError(f"a request was answered {answer.status}: {text[:300]}")
        outputs = (await answer.json())["outputs"]
        scores = next(one["data"] for one in outputs if one["name"] == SCORE)
        return Answered(answer.headers["x-request-id"], rows, scores)


def labels(year: Year, answered: list[Answered]) -> list[dict[str, Any]]:
    """Return the truth about a day's predictions."""
    return [
        {"id": one.id, "row": place, "label": int(year.data.late[row])}
        for one in answered
        for place, row in enumerate(one.rows.tolist())
    ]
