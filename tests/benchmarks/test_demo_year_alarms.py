"""The alarms of a replayed year, by the time of flights."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from benchmarks.demo_year_alarms import Alarms, by_month, sentences
from benchmarks.demo_year_flights import Year
from model_versions import flights


def alert(
    signal: str, fired: str | None, resolved: str | None, field: str = "", why: str = "so"
) -> dict[str, Any]:
    """Return an alert as the admin API tells it."""
    state = "resolved" if resolved else "firing" if fired else "pending"
    return {
        "signal": signal,
        "field": field,
        "fired": fired,
        "resolved": resolved,
        "state": state,
        "why": why,
    }


DECAY = "2013-03-03T00:00:00+00:00"


def test_an_alarm_is_in_force_until_it_is_resolved() -> None:
    """The look at midnight is at the day that ends; what is pending does not count."""
    alarms = Alarms()
    alarms.note([alert("decay", DECAY, None), alert("drift", None, None, "temp")])
    alarms.note([alert("decay", DECAY, "2013-03-05T00:00:00+00:00", why="over")])
    days = [day for day in range(1, 7) if list(alarms.on(date(2013, 3, day)))]
    assert days == [2, 3]
    assert sentences(alarms) == ["2013-03-02: so"]


def test_other_alarms_are_told_once() -> None:
    """Each of decay's is told, of drift the first of each input."""
    alarms = Alarms()
    for day in (3, 6):
        fired = f"2013-03-0{day}T00:00:00+00:00"
        alarms.note(
            [alert("decay", fired, None), alert("drift", fired, None, "temp"), alert("drift", fired, None)]
        )
    assert len(sentences(alarms)) == 4


def test_the_table_has_truth_and_alarms() -> None:
    """By month; decay first."""
    late = np.array([0, 1, 0, 1])
    year = Year(flights.Dataset(np.zeros((4, 13)), late, late, late, {}, ""), np.array([0, 59, 60, 90]))
    alarms = Alarms()
    alarms.note([alert("drift", DECAY, None, "temp"), alert("decay", DECAY, None)])
    head, lines = by_month(year, np.array([0.0, 0.8, 0.3, 0.4]), alarms)
    assert lines[0] == ("March", "2", "0.500", "0.550", "1.000", "**decay 2**, drift of temp 2")
    assert lines[1][0] == "April"
    assert len(head) == len(lines[1])
