"""The replay of the year: days in order, each day's truth a day later, and no faster than is watched."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from benchmarks import demo_year
from benchmarks.demo_year_days import FIRST
from benchmarks.demo_year_flights import Year
from benchmarks.demo_year_replay import Answered
from model_versions import flights


class Watched:
    """A gateway's stand-in: it looks at a day each time it is asked how far it is."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.told: list[Any] = []
        self.seconds = demo_year.moment_of(FIRST - 10)
        self.stuck = stuck

    def label(self, labels: list[dict[str, Any]]) -> None:
        self.told.append(("truth", labels[0]["row"], len(labels)))

    def alerts(self) -> list[dict[str, Any]]:
        return []

    def watched_up_to(self) -> float:
        self.seconds += 0 if self.stuck else 86_400
        return self.seconds


def year() -> Year:
    """Return ten days from March on, of two flights each."""
    day = np.repeat(np.arange(FIRST, FIRST + 10), 2)
    late = np.tile([0, 1], 10)
    return Year(flights.Dataset(np.zeros((20, 13)), late, late, late, {}, ""), day)


def test_truth_comes_a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the next day's flights, and of every flight."""
    own = Watched()

    async def send_day(session: object, site: Watched, of: Year, day: int) -> list[Answered]:
        own.told.append(("flights", day))
        return [Answered("id", of.rows(day, day + 1), [0.25, 0.5])]

    monkeypatch.setattr(demo_year, "send_day", send_day)
    found = asyncio.run(demo_year.replay(own, year(), FIRST + 10))  # type: ignore[arg-type]
    assert own.told[:4] == [
        ("flights", FIRST),
        ("flights", FIRST + 1),
        ("truth", 0, 2),
        ("flights", FIRST + 2),
    ]
    assert sum(one[0] == "truth" for one in own.told) == 10
    assert found.probability.tolist() == [0.25, 0.5] * 10
    assert own.seconds >= demo_year.moment_of(FIRST + 10 - demo_year.BEHIND)


def test_a_gateway_that_does_not_watch_ends_the_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how far it was, and how far it should have been."""
    monkeypatch.setattr(demo_year, "_PATIENCE", 0.0)
    with pytest.raises(TimeoutError, match="the gateway has looked up to 20"):
        asyncio.run(demo_year._watched(Watched(stuck=True), FIRST + 20))  # type: ignore[arg-type]
