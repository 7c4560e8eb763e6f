"""The replay of the year: days in order, each day's truth a day later, and no faster than is watched."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from benchmarks import demo_year, demo_year_page
from benchmarks.demo_year_alarms import Replayed
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


@pytest.mark.parametrize(
    ("arguments", "parts", "is_written"),
    [
        ([], ["### Replayed: v1", "### Replayed: the control"], True),
        (["--only", "control"], ["### Replayed: the control"], False),
        (["--days", "3"], ["### Replayed: v1", "### Replayed: the control"], False),
    ],
)
def test_both_are_told_and_a_whole_run_is_written_down(
    arguments: list[str],
    parts: list[str],
    is_written: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The year as it was, and its days in another order, each through a gateway of its own."""
    page = tmp_path / "detectors.md"
    page.write_text(f"{demo_year_page.BEGIN}\n{demo_year_page.END}\n", encoding="utf-8")
    controls: list[Year | None] = []

    @contextmanager
    def site(version: str, control: Year | None) -> Iterator[str]:
        controls.append(control)
        yield version

    async def replay(own: str, of: Year, end: int, *, is_shown: bool) -> Replayed:
        return Replayed(np.where((of.day >= FIRST) & (of.day < end), 0.5, 0.0))

    whole = Year(*_first_days())
    for name, value in {"site": site, "replay": replay, "PAGE": page, "load": lambda file: whole}.items():
        monkeypatch.setattr(demo_year, name, value)
    monkeypatch.setattr(demo_year, "end_in_order", lambda: None)
    monkeypatch.setattr(demo_year, "console", Console(width=200))
    monkeypatch.setattr("sys.argv", ["demo_year", "year.npz", *arguments])
    assert demo_year.main() == 0
    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if line.startswith("###")] == parts
    assert (parts[0] in page.read_text(encoding="utf-8")) == is_written
    assert [control is not None for control in controls] == ["control" in part for part in parts]


def _first_days() -> tuple[flights.Dataset, NDArray[np.int64]]:
    day = np.repeat(np.arange(FIRST + 10), 2)
    dates = [date(2013, 1, 1) + timedelta(days=number) for number in day.tolist()]
    months, days = (np.array([getattr(it, part) for it in dates]) for part in ("month", "day"))
    late = np.tile([0, 1], FIRST + 10)
    return flights.Dataset(np.zeros((len(day), 13)), late, months, days, {}, ""), day
