"""Daily figures of the year, and what the detectors say of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng
from sklearn.metrics import roc_auc_score

from benchmarks.demo_year_days import CLASS, FIRST, LEAST, SCORE, WINDOW, Day, auc, days_of, said
from benchmarks.demo_year_flights import Year
from model_versions import flights, histograms

CATEGORIES = {"carrier": ("AA", "UA"), "origin": ("EWR", "JFK", "LGA"), "dest": ("BOS", "ORD")}
A_DAY = 60


def year_of(days: int) -> Year:
    """Return a year in which nothing changes."""
    dice = default_rng(9)
    rows = days * A_DAY
    matrix = dice.uniform(0, 2, (rows, len(flights.INPUTS)))
    for place, spec in enumerate(flights.INPUTS):
        if spec.name in CATEGORIES:
            matrix[:, place] = dice.integers(0, len(CATEGORIES[spec.name]), rows)
    day = np.repeat(np.arange(days), A_DAY)
    data = flights.Dataset(matrix, dice.integers(0, 2, rows), day * 0, day * 0, CATEGORIES, "")
    return Year(data, day)


def reference(year: Year) -> dict[str, dict[str, object]]:
    """Return the histograms of everything."""
    scores = np.linspace(0.1, 0.9, 500)
    return {
        "inputs": histograms.of_inputs(year.data, year.data.matrix, year.day),
        "outputs": histograms.of_outputs(scores, np.arange(500) % 20, 0.5),
    }


def test_auc_is_what_others_compute() -> None:
    """With ties, and a half where only one class is there."""
    dice = default_rng(10)
    score, late = np.round(dice.random(200), 1), dice.integers(0, 2, 200)
    assert auc(score, late) == pytest.approx(roc_auc_score(late, score))
    assert auc(score, late * 0) == 0.5


def test_a_day_is_counted_and_summed() -> None:
    """From March on; surprise is the loss beyond what the probabilities themselves expect."""
    year = year_of(FIRST + 3)
    probability = np.full(len(year.day), 0.5)
    days = days_of(year, probability, reference(year))
    assert [day.number for day in days] == [FIRST, FIRST + 1, FIRST + 2]
    assert days[0].n == A_DAY == sum(days[0].counts["temp"]) == sum(days[0].counts[SCORE])
    assert days[0].counts[CLASS] == [0, A_DAY]
    assert days[0].expected == A_DAY / 2
    assert days[0].surprise == pytest.approx(0)
    assert "month" not in days[0].counts
    sure = days_of(year, (0.9 * year.data.late + 0.05).astype(np.float64), reference(year))
    assert sure[0].surprise < 0
    assert sure[0].ranking == 0


def test_rot_and_drift_are_told_apart() -> None:
    """A score that stays where it is while the truth moves is decay; inputs that move alone are drift."""
    year = year_of(FIRST + 90)
    known = reference(year)
    dice = default_rng(12)
    probability = dice.uniform(0.1, 0.9, len(year.day))
    late = (dice.random(len(year.day)) < probability).astype(np.int64)
    late[year.day >= FIRST + 60] = 1
    year.data.late[:] = late
    year.data.matrix[(year.day >= FIRST) & (year.day < FIRST + 45), 8] += 2  # temp
    found = said(days_of(year, probability, known), known)
    assert max(one.decay for one in found[:60]) < 1 < found[-1].decay
    assert found[WINDOW].drifting == ["temp"]
    assert found[-1].drifting == []
    assert all(bool(one.drift) == ((place + 1) * A_DAY >= LEAST) for place, one in enumerate(found[:WINDOW]))
    assert [one.decayed for one in found[-3:]] == [True] * 3
    assert not found[59].decayed


def test_a_day_is_plain_data() -> None:
    """Days can be compared and made by hand."""
    assert Day(1, 2, 1, 0.5, 0.0, 0.5, {}) == Day(1, 2, 1, 0.5, 0.0, 0.5, {})
