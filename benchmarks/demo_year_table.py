"""The table of the year: by month what was true, what was predicted, what moved and what was alarmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby

from benchmarks.demo_year_days import CLASS, SCORE, Floats, Said, auc
from benchmarks.demo_year_flights import YEAR, Year

HEAD = ("month", "flights", "late", "predicted", "AUC", "moved by the end", "decay", "alarms on the days")

_SHOWN = {SCORE: "scores", CLASS: "share of late"}


def months(found: Sequence[Said], year: Year, probability: Floats) -> Iterator[Sequence[str]]:
    """Yield the rows of the table: what was true, what was predicted, what was alarmed."""
    for month, group in groupby(found, lambda one: _date(one.day.number).month):
        days = list(group)
        n = sum(one.day.n for one in days)
        truth, expected = (sum(getattr(one.day, name) for one in days) / n for name in ("late", "expected"))
        rows = year.rows(days[0].day.number, days[-1].day.number + 1)
        yield (
            f"{date(YEAR, month, 1):%B}",
            f"{n:,}",
            f"{truth:.3f}",
            f"{expected:.3f}",
            f"{auc(probability[rows], year.data.late[rows]):.3f}",
            _drift(days),
            _evidence(max(one.decay for one in days)),
            _alarms(days) or "–",
        )


def _drift(days: Sequence[Said]) -> str:
    """The fields that moved most by the end of the month."""
    ranked = sorted(days[-1].drift.items(), key=lambda item: -item[1])
    inputs = [f"{name} {found:.2f}" for name, found in ranked if name not in (SCORE, CLASS) and found > 0.1]
    score = days[-1].drift.get(SCORE)
    return "; ".join([*inputs[:2], "scores –" if score is None else f"scores {score:.2f}"])


def _evidence(found: float) -> str:
    return f"{found:,.2f}" if found < 100 else f"{found:,.0f}" if found < 1e6 else f"{found:.0e}"


def _alarms(days: Sequence[Said]) -> str:
    parts = []
    if decayed := [_date(one.day.number) for one in days if one.decayed]:
        parts.append(f"**decay {spells(decayed)}**")
    for name in days[0].day.counts:
        if moved := [_date(one.day.number) for one in days if name in one.drifting]:
            parts.append(f"{_SHOWN.get(name, name)} {spells(moved)}")
    return ", ".join(parts)


def spells(dates: Sequence[date]) -> str:
    """Return days of a month as spans: `3–7 9`."""
    runs: list[list[date]] = []
    for day in dates:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return " ".join(f"{run[0].day}" + (f"–{run[-1].day}" if len(run) > 1 else "") for run in runs)


def _date(number: int) -> date:
    return date(YEAR, 1, 1) + timedelta(days=number)
