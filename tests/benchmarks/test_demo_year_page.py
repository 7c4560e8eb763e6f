"""What is told of the replayed year and of its control."""

from __future__ import annotations

import numpy as np

from benchmarks.demo_year_alarms import Alarms, Replayed
from benchmarks.demo_year_flights import Year
from benchmarks.demo_year_page import of_control, of_year
from model_versions import flights

LATE = np.array([0, 1, 0, 1])
YEAR = Year(flights.Dataset(np.zeros((4, 13)), LATE, LATE, LATE, {}, ""), np.array([0, 59, 60, 61]))


def replayed(*alerts: tuple[str, str, str | None]) -> Replayed:
    """Return three days on which these alarms (signal, field, end) fired at the end of the first."""
    alarms = Alarms()
    fired = "2013-03-02T00:00:00+00:00"
    alarms.note(
        {
            "signal": signal,
            "field": field,
            "fired": fired,
            "resolved": resolved,
            "state": "firing",
            "why": f"{signal} is up",
        }
        for signal, field, resolved in alerts
    )
    return Replayed(np.array([0.0, 0.8, 0.3, 0.4]), alarms, 12.3)


def test_the_year_is_a_table_with_what_was_told() -> None:
    """How many flights in how long; or that nothing was told."""
    text = "\n".join(of_year(YEAR, replayed(("decay", "", None)), "v1"))
    assert "### Replayed: v1" in text
    assert "3 flights through a gateway in 12 s" in text
    assert "**decay 1–3**" in text
    assert "- 2013-03-01: decay is up" in text
    assert "- nothing" in "\n".join(of_year(YEAR, replayed(), "v1"))


def test_the_control_says_what_was_alarmed_by_mistake() -> None:
    """And for how many days; nothing is the usual."""
    text = "\n".join(of_control(YEAR, replayed(), 7))
    assert "(seed 7)" in text
    assert "3 flights of 3 days in 12 s" in text
    assert "**Nothing was alarmed.**" in text
    wrong = replayed(("decay", "", None), ("drift", "temp", "2013-03-03T00:00:00+00:00"))
    said = "**Alarmed by mistake: decay on 3 days, drift of temp on 1 days.**"
    assert said in of_control(YEAR, wrong, 7)[-1]
