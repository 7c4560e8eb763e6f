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
    found = histograms.of_numbers(np.array(values))
    counts = [0] * (len(found["edges"]) + 1)
    for value in values:
        counts[bisect_left(found["edges"], value)] += 1
    assert found["counts"] == counts
    assert found["n"] == len(values)
    assert len(counts) <= histograms.BINS
    assert all(counts)


def test_edges_are_short_numbers() -> None:
    """An edge is written with as few digits as part two values, and a whole one without a point."""
    found = histograms.of_numbers(np.array([3.4523399999999995, 4.60312, 100.0, 101.0] * 5))
    assert found["edges"] == [3.5, 5, 100]


def test_a_frequent_value_has_a_bin_of_its_own() -> None:
    """Nine hours of ten are dry: the first bin is that, the others are kinds of rain."""
    rain = np.concatenate([np.zeros(900), np.linspace(0.01, 1, 100)])
    found = histograms.of_numbers(rain)
    assert (found["edges"][0], found["counts"][0]) == (0, 900)


def test_scores_and_what_they_say() -> None:
    """Outputs are a histogram of scores and the number of flights on either side of the threshold."""
    found = histograms.of_outputs(np.array([0.1, 0.2, 0.5, 0.9]), 0.5)
    assert found["late"] == {"n": 4, "missing": 0, "counts": [2, 2]}
    assert sum(found["late_probability"]["counts"]) == 4


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_the_versions_in_the_repository_have_references(version: str) -> None:
    """Every input and output has one, of as many rows as model.yaml says it learnt from or was judged on."""
    spec = load_model(ROOT / "model_versions" / version).spec
    reference = spec.reference
    assert reference.inputs.keys() == spec.input_by_name.keys()
    assert reference.outputs.keys() == spec.output_by_name.keys()
    assert {one.n for one in reference.inputs.values()} == {160540 if version == "v3" else 49928}
    assert all(sum(one.counts) == one.n for one in [*reference.inputs.values(), *reference.outputs.values()])
