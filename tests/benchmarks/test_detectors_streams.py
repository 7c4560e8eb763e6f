"""Streams: what is drawn is what the case says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from benchmarks.detectors.streams import A_DAY, SPELLS, STORMY, TEXTBOOK, USUAL, Case


@pytest.mark.parametrize(
    ("case", "before", "after"),
    [
        (TEXTBOOK[0], 0.1, 0.1),
        (TEXTBOOK[1], 0.1, 0.2),
        (TEXTBOOK[2], 0.1, 0.15),
        (STORMY[0], USUAL, USUAL),
        (STORMY[1], USUAL, USUAL + 0.1),
        (STORMY[2], USUAL, USUAL + 0.05),
    ],
    ids=lambda it: it.name if isinstance(it, Case) else "",
)
def test_the_halves_are_as_wrong_as_they_should_be(case: Case, before: float, after: float) -> None:
    """The mean loss before and after half-way."""
    drawn = case.draw(default_rng(1), 8)
    half = drawn.shape[1] // 2
    assert drawn[:, :half].mean() == pytest.approx(before, abs=0.012)
    assert drawn[:, half:].mean() == pytest.approx(after, abs=0.012)
    assert drawn.shape[1] % case.bucket == 0


def test_days_differ_by_more_than_chance() -> None:
    """The scatter of days is far beyond that of independent labels."""
    days = STORMY[0].draw(default_rng(2), 4).reshape(-1, A_DAY).mean(axis=1)
    assert days.std() > 2 * np.sqrt(USUAL * (1 - USUAL) / A_DAY)


def test_spells_make_neighbours_alike() -> None:
    """The correlation of a day and the next grows with the likeness, from none on."""
    found = []
    for case in SPELLS[::2]:
        days = case.draw(default_rng(3), 10).reshape(10, -1, A_DAY).mean(axis=2)
        found.append(float(np.corrcoef(days[:, :-1].ravel(), days[:, 1:].ravel())[0, 1]))
    assert found == sorted(found)
    assert found[0] == pytest.approx(0, abs=0.06)
    assert found[-1] > 0.4
