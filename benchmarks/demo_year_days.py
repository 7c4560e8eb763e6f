"""What a model makes of each day of the year, and what the detectors would say: computed, without a gateway.

The very code that watches (`gateway.statistics`) on the same daily figures, so that the settings of the demo
can be tried in seconds, and on many shuffled years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.demo_year_flights import Year
from gateway.statistics.decay import ALPHA, Decay, step, together
from gateway.statistics.drift import Days, psi_excess
from model_versions import card, flights

FIRST = 59
"""The first day that is served: 1 March, after the two months that were learnt from."""
WINDOW = 28
"""Days that drift looks back."""
DRIFT = 0.25
LEAST = 1_000
"""Flights without which a window says nothing of drift, as in the rules `input-drift` and `output-drift`."""
SCORE, CLASS = "late_probability", "late"
CALENDAR = ("month", "day_of_week")
"""Inputs that say when a flight is and not how: they cannot but move, so nobody is told."""

Floats = NDArray[np.float64]
Counts = Mapping[str, list[int]]


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its flights, how many were late and expected to be, losses, and counts by field.

    `surprise` is the Brier score less what the predictions themselves expect, the mean of p (1 − p): a day
    that is hard to predict and known to be is none (Spiegelhalter, *Probabilistic Prediction in Patient
    Management*, 1986). `ranking` is 1 − AUC.
    """

    number: int
    n: int
    late: int
    expected: float
    surprise: float
    ranking: float
    counts: Counts


@dataclass(frozen=True, slots=True)
class Said:
    """What the detectors say once a day's truth is known: of decay, and of drift beyond chance.

    Evidence of 1 raises an alarm of decay, which goes on until it has fallen to `ALPHA`.
    """

    day: Day
    decay: float
    decayed: bool
    drift: Mapping[str, float]

    @property
    def drifting(self) -> list[str]:
        """The fields whose drift is an alarm."""
        return [name for name, found in self.drift.items() if found > DRIFT]


def days_of(year: Year, probability: Floats, reference: Mapping[str, Any]) -> list[Day]:
    """Return the days that are served; `reference` has the histograms of `model_versions.histograms`."""
    last = int(year.day[-1])
    numbers = (number for number in range(FIRST, last + 1) if len(year.rows(number, number + 1)))
    return [_day(number, year, probability, reference) for number in numbers]


def _day(number: int, year: Year, probability: Floats, reference: Mapping[str, Any]) -> Day:
    rows = year.rows(number, number + 1)
    score, late = probability[rows], year.data.late[rows]
    counts = {
        spec.name: _counted(column, reference["inputs"][spec.name])
        for spec, column in zip(flights.INPUTS, year.data.matrix[rows].T, strict=True)
        if spec.name not in CALENDAR
    }
    counts[SCORE] = _counted(score, reference["outputs"][SCORE])
    counts[CLASS] = np.bincount(score >= card.THRESHOLD, minlength=2).tolist()
    surprise = float(((score - late) ** 2 - score * (1 - score)).mean())
    return Day(number, len(rows), int(late.sum()), float(score.sum()), surprise, 1 - auc(score, late), counts)


def _counted(column: Floats, reference: Mapping[str, Any]) -> list[int]:
    bins = len(reference["counts"])
    found = np.searchsorted(reference["edges"], column) if "edges" in reference else column.astype(np.int64)
    counts: list[int] = np.bincount(found, minlength=bins).tolist()
    return counts


def auc(score: Floats, late: NDArray[np.int64]) -> float:
    """Return the share of pairs of a late and a punctual flight that are in the right order, ties by half."""
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - (counts - 1) / 2
    positives = int(late.sum())
    negatives = len(late) - positives
    ranks = float(middles[place][late == 1].sum())
    return (
        (ranks - positives * (positives + 1) / 2) / (positives * negatives) if positives * negatives else 0.5
    )


def said(days: Sequence[Day], reference: Mapping[str, Any]) -> list[Said]:
    """Return what the detectors say, day by day."""
    surprise, ranking, is_raised = Decay(), Decay(), False
    found = []
    known = {**reference["inputs"], **reference["outputs"]}
    for place, day in enumerate(days):
        surprise = step(surprise, day.surprise, day.n, day.number)
        ranking = step(ranking, day.ranking, day.n, day.number)
        evidence = together([surprise.evidence, ranking.evidence])
        is_raised = evidence >= 1 or (is_raised and evidence > ALPHA)
        drift = _drift(days[max(0, place + 1 - WINDOW) : place + 1], known)
        found.append(Said(day, evidence, is_raised, drift))
    return found


def _drift(window: Sequence[Day], known: Mapping[str, Any]) -> dict[str, float]:
    if sum(day.n for day in window) < LEAST:
        return {}
    found = {}
    for name in window[0].counts:
        days = Days(known[name]["clumping"], known[name]["days"], len(window))
        excess = psi_excess(known[name]["counts"], [day.counts[name] for day in window], days)
        if excess is not None:
            found[name] = excess
    return found
