"""The flights of the year: kept in order, and shuffled by whole days."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.random import default_rng

from benchmarks.demo_year_flights import Year, load, save
from model_versions import flights

CATEGORIES = {"carrier": ("AA", "UA"), "origin": ("EWR", "JFK", "LGA"), "dest": ("BOS", "ORD")}


def dataset(rows: int = 400) -> flights.Dataset:
    """Return flights of January to March, in no order."""
    dice = default_rng(6)
    matrix = dice.integers(1, 3, (rows, len(flights.INPUTS))).astype(np.float64)
    matrix[:, 2] = dice.integers(0, 1440, rows)
    for place, spec in enumerate(flights.INPUTS):
        if spec.name in CATEGORIES:
            matrix[:, place] = dice.integers(0, len(CATEGORIES[spec.name]), rows)
    return flights.Dataset(
        matrix,
        dice.integers(0, 2, rows),
        dice.integers(1, 4, rows),
        dice.integers(1, 29, rows),
        CATEGORIES,
        "test",
    )


@pytest.fixture
def year(tmp_path: Path) -> Year:
    """A year that was written and read again."""
    save(dataset(), tmp_path / "year.npz")
    return load(tmp_path / "year.npz")


def test_flights_come_in_the_order_of_time(year: Year) -> None:
    """By day and scheduled departure; a day is counted from 1 January."""
    time = year.day * 1440 + year.data.matrix[:, 2]
    assert (np.diff(time) >= 0).all()
    march = year.data.month == 3
    assert (year.day[march] == 58 + year.data.day[march]).all()
    assert year.data.categories == CATEGORIES
    assert len(year.data.late) == 400


def test_a_shuffled_year_has_the_same_days(year: Year) -> None:
    """Flights of a day stay together, in their order; the day stands in another place."""
    order = default_rng(7).permutation(int(year.day[-1]) + 1)
    mixed = year.of_days(order)
    assert (np.diff(mixed.day) >= 0).all()
    for place in (0, 30, 70):
        before, after = year.rows(int(order[place]), int(order[place]) + 1), mixed.rows(place, place + 1)
        assert (year.data.matrix[before] == mixed.data.matrix[after]).all()
        assert (year.data.late[before] == mixed.data.late[after]).all()


def test_a_control_year_has_its_months_where_its_days_are(year: Year) -> None:
    """What training takes for January and February are the first days of the shuffled year."""
    mixed = year.shuffled(default_rng(8))
    first = mixed.day < 59
    assert set(mixed.data.month[first].tolist()) == {1, 2}
    assert set(mixed.data.month[~first].tolist()) == {3}
    assert sorted(mixed.data.late.tolist()) == sorted(year.data.late.tolist())
