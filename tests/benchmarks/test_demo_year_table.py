"""The table of the year."""

from __future__ import annotations

from datetime import date

import numpy as np

from benchmarks.demo_year_days import Day, Said
from benchmarks.demo_year_flights import Year
from benchmarks.demo_year_table import HEAD, months, spells
from model_versions import flights


def test_days_become_spans() -> None:
    """Days in a row are one span."""
    assert spells([date(2013, 3, day) for day in (1, 2, 3, 7, 9, 10)]) == "1–3 7 9–10"
    assert spells([]) == ""


def test_a_month_is_a_line() -> None:
    """Truth, prediction, AUC of all its flights, what moved, and the days of its alarms."""
    late = np.array([0, 1, 0, 1])
    data = flights.Dataset(np.zeros((4, 13)), late, late, late, {}, "")
    year = Year(data, np.array([59, 59, 60, 90]))
    day = Day(59, 2, 1, 0.5, 0.1, 0.2, {"temp": [1], "late_probability": [1]})
    later = Day(60, 1, 0, 0.25, 0.1, 0.2, day.counts)
    april = Day(90, 1, 1, 0.25, 0.1, 0.2, day.counts)
    found = [
        Said(day, 0.5, False, {}),
        Said(later, 1.5, True, {"temp": 0.3, "late_probability": 0.01}),
        Said(april, 2e6, True, {"temp": 0.05, "late_probability": 0.5}),
    ]
    lines = list(months(found, year, np.array([0.2, 0.8, 0.3, 0.4])))
    assert all(len(line) == len(HEAD) for line in lines)
    assert lines[0] == (
        "March",
        "3",
        "0.333",
        "0.250",
        "1.000",
        "temp 0.30; scores 0.01",
        "1.50",
        "**decay 2**, temp 2",
    )
    assert lines[1][5:] == ("scores 0.50", "2e+06", "**decay 1**, scores 1")
