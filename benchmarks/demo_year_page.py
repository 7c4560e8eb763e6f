"""What is told of the replayed year and of its control, for the terminal and docs/detectors.md. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np

from benchmarks.demo_year_alarms import Replayed, by_month, sentences
from benchmarks.demo_year_days import FIRST
from benchmarks.demo_year_flights import YEAR, Year
from benchmarks.report import markdown

BEGIN, END = "<!-- demo-year -->", "<!-- /demo-year -->"


def of_year(year: Year, found: Replayed, version: str) -> list[str]:
    """Return the table of the year, and what people were told."""
    return [
        f"### Replayed: {version}\n",
        f"{_served(found):,} flights through a gateway in {found.seconds:.0f} s.\n",
        markdown(by_month(year, found.probability, found.alarms)),
        "What was told when an alarm of decay fired, and when an input or output drifted first:\n",
        *(f"- {line}" for line in sentences(found.alarms) or ["nothing"]),
        "",
    ]


def of_control(year: Year, found: Replayed, seed: int) -> list[str]:
    """Return what was alarmed although nothing had changed."""
    days = np.unique(year.day[found.probability > 0]).tolist()
    return [
        "### Replayed: the control\n",
        f"The days of the year in random order (seed {seed}), a model trained on the first {FIRST} of them:",
        f"{_served(found):,} flights of {len(days)} days in {found.seconds:.0f} s.",
        f"{_mistakes(days, found)}\n",
    ]


def _served(found: Replayed) -> int:
    return int((found.probability > 0).sum())


def _mistakes(days: list[int], found: Replayed) -> str:
    dates = [date(YEAR, 1, 1) + timedelta(days=day) for day in days]
    counted = Counter(key for day in dates for key in set(found.alarms.on(day)))
    named = [
        f"{signal}{f' of {name}' if name else ''} on {n} days"
        for (signal, name), n in sorted(counted.items())
    ]
    return f"**Alarmed by mistake: {', '.join(named)}.**" if named else "**Nothing was alarmed.**"
