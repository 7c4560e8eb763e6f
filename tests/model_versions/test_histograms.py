"""Reference histograms: everything is counted, in bins that the service reads the same way."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.load import load_model
from model_versions import histograms

ROOT = Path(__file__).parents[2]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_every_number_is_in_the_bin_that_the_edges_say(values: list[float]) -> None:
    """Counting by hand gives the same; there are 15 bins at most, and none is empty."""
    found = histograms.of_numbers(np.array(values), np.arange(len(values)))
    counts = [0] * (len(found["edges"]) + 1)
    for value in values:
        counts[bisect_left(found["edges"], value)] += 1
    assert found["counts"] == counts
    assert found["n"] == len(values)
    assert len(counts) <= histograms.BINS
    assert all(counts)


def test_edges_are_short_numbers() -> None:
    """An edge is written with as few digits as part two values, and a whole one without a point."""
    found = histograms.of_numbers(np.array([3.4523399999999995, 4.60312, 100.0, 101.0] * 5), np.arange(20))
    assert found["edges"] == [3.5, 5, 100]


def test_a_frequent_value_has_a_bin_of_its_own() -> None:
    """Nine hours of ten are dry: the first bin is that, the others are kinds of rain."""
    rain = np.concatenate([np.zeros(900), np.linspace(0.01, 1, 100)])
    found = histograms.of_numbers(rain, np.arange(1000))
    assert (found["edges"][0], found["counts"][0]) == (0, 900)


def test_scores_and_what_they_say() -> None:
    """Outputs are a histogram of scores and the number of flights on either side of the threshold."""
    found = histograms.of_outputs(np.array([0.1, 0.2, 0.5, 0.9]), np.array([5, 5, 7, 7]), 0.5)
    assert found["late"] == {"n": 4, "days": 2, "clumping": 1.0, "missing": 0, "counts": [2, 2]}
    assert sum(found["late_probability"]["counts"]) == 4


def test_days_that_differ_by_chance_alone_are_not_clumped() -> None:
    """The correlation is that of the shares of days: 0 for independent draws, 1 for a bin a day."""
    dice = np.random.default_rng(3)
    independent = [histograms.clumping(dice.multinomial(500, [0.1] * 10, 60)) for _ in range(20)]
    assert max(independent) < 0.001
    assert histograms.clumping(100 * np.eye(7, dtype=np.int64)) == 1.0
    assert histograms.clumping(np.array([[1, 0], [0, 1]])) == 0.0
    assert histograms.clumping(np.array([[90, 10]])) == 0.0
    assert histograms.clumping(np.array([[90, 0], [80, 0]])) == 0.0


def test_clumping_is_the_variance_between_days_by_that_of_a_draw() -> None:
    """Shares of Beta(a, b) have the intraclass correlation 1 / (a + b + 1), however many draws a day has."""
    dice = np.random.default_rng(4)
    for size in (200, 2_000):
        late = dice.binomial(size, dice.beta(2.0, 7.0, 4_000))
        found = histograms.clumping(np.column_stack([size - late, late]))
        assert found == pytest.approx(0.1, rel=0.06)


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_the_versions_in_the_repository_have_references(version: str) -> None:
    """Every input and output has one, of as many rows as model.yaml says it learnt from or was judged on."""
    spec = load_model(ROOT / "model_versions" / version).spec
    reference = spec.reference
    assert reference.inputs.keys() == spec.input_by_name.keys()
    assert reference.outputs.keys() == spec.output_by_name.keys()
    assert {one.n for one in reference.inputs.values()} == {160540 if version == "v3" else 49928}
    days = 181 if version == "v3" else 59
    assert {one.days for one in reference.inputs.values()} == {days}
    assert reference.inputs["temp"].clumping > 0.2 > 0.01 > reference.inputs["carrier"].clumping
    assert all(sum(one.counts) == one.n for one in [*reference.inputs.values(), *reference.outputs.values()])
