"""How often a model was right."""

from __future__ import annotations

import pytest

from benchmarks.scores import accuracy, auc


def test_accuracy_counts_both_kinds_of_right() -> None:
    """Late called late and punctual called punctual; the threshold itself calls late."""
    assert accuracy([0.9, 0.5, 0.1, 0.2], [True, False, False, True]) == 0.5


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([0.1, 0.2, 0.8, 0.9], 1.0),
        ([0.9, 0.8, 0.2, 0.1], 0.0),
        ([0.5, 0.5, 0.5, 0.5], 0.5),
        ([0.1, 0.8, 0.8, 0.9], 0.875),
    ],
)
def test_auc_is_the_chance_of_the_right_order(probabilities: list[float], expected: float) -> None:
    """All pairs in order give 1, all reversed 0, ties half."""
    assert auc(probabilities, [False, False, True, True]) == expected


def test_auc_needs_flights_of_both_kinds() -> None:
    """One kind alone has no order."""
    assert auc([0.2, 0.3], [True, True]) is None
