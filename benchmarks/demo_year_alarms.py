"""The alarms of a replayed year as the gateway told them, and the table that has them beside the truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from benchmarks.demo_year_days import FIRST, Floats, auc
from benchmarks.demo_year_flights import YEAR, Year
from benchmarks.demo_year_table import spells

_HEAD = ("month", "flights", "late", "predicted", "AUC", "alarms on the days")
_DECAY = "decay"
_NEW_YEAR = date(YEAR, 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """What an alarm is about: its signal, field, and when it fired by the time of flights."""

    signal: str
    field: str
    fired: str


@dataclass(slots=True)
class Alarms:
    """Alarms as they were seen: when they were over (empty: never), and what was said of them."""

    resolved: dict[Name, str] = field(default_factory=dict)
    why: dict[Name, str] = field(default_factory=dict)

    def note(self, alerts: Iterable[Mapping[str, Any]]) -> None:
        """Take in what the gateway says of its alerts now."""
        for one in alerts:
            if one["fired"]:
                name = Name(one["signal"], one["field"], one["fired"])
                self.resolved[name] = one["resolved"] or ""
                if one["state"] == "firing":
                    self.why.setdefault(name, one["why"])

    def on(self, day: date) -> Iterator[tuple[str, str]]:
        """Yield signal and field of what was in force at any time of a day."""
        for name, resolved in self.resolved.items():
            if _day(name.fired) <= day and (not resolved or day < _day(resolved)):
                yield name.signal, name.field


@dataclass(slots=True)
class Replayed:
    """What came of the year: the probability of each flight that was served, the alarms, how long it took."""

    probability: Floats
    alarms: Alarms = field(default_factory=Alarms)
    seconds: float = 0.0


def _day(moment: str) -> date:
    # A look at midnight is at the day that ends then.
    return (datetime.fromisoformat(moment) - timedelta(microseconds=1)).date()


def by_month(year: Year, probability: Floats, alarms: Alarms) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Return the table of the months that were served."""
    served = [
        day for day in range(FIRST, int(year.day[-1]) + 1) if probability[year.rows(day, day + 1)].any()
    ]
    months = groupby(served, lambda day: (_NEW_YEAR + timedelta(days=day)).month)
    return _HEAD, [_month(month, list(days), year, probability, alarms) for month, days in months]


def _month(month: int, days: list[int], year: Year, probability: Floats, alarms: Alarms) -> Sequence[str]:
    rows = year.rows(days[0], days[-1] + 1)
    score, late = probability[rows], year.data.late[rows]
    return (
        f"{date(YEAR, month, 1):%B}",
        f"{len(rows):,}",
        f"{late.mean():.3f}",
        f"{score.mean():.3f}",
        f"{auc(score, late):.3f}",
        _alarmed([_NEW_YEAR + timedelta(days=day) for day in days], alarms) or "–",
    )


def _alarmed(dates: Sequence[date], alarms: Alarms) -> str:
    found: dict[tuple[str, str], list[date]] = {}
    for day in dates:
        for key in sorted(set(alarms.on(day))):
            found.setdefault(key, []).append(day)
    ranked = sorted(found.items(), key=lambda item: (item[0][0] != _DECAY, item[0]))
    return ", ".join(
        f"**decay {spells(days)}**" if signal == _DECAY else f"{signal} of {name} {spells(days)}"
        for (signal, name), days in ranked
    )


def sentences(alarms: Alarms) -> list[str]:
    """Return what was said when alarms of decay fired, and of others the first time that each did."""
    told: list[str] = []
    known: set[tuple[str, str]] = set()
    for name in sorted(alarms.why, key=lambda one: one.fired):
        if name.signal == _DECAY or (name.signal, name.field) not in known:
            known.add((name.signal, name.field))
            told.append(f"{_day(name.fired)}: {alarms.why[name]}")
    return told
