"""How far two versions agree."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.whatif.answers import Answers, agreement, differences

chances = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=50)


def answers(p: list[float], threshold: float = 0.5) -> Answers:
    """Return answers with these probabilities."""
    found = np.array(p, dtype=np.float64)
    return Answers(found, found >= threshold)


@given(chances)
def test_shares_and_sizes_are_consistent(pairs: list[tuple[float, float]]) -> None:
    """Same and flipped add up to one; to look from the other side turns the sign and nothing else."""
    first, second = (answers(list(p)) for p in zip(*pairs, strict=True))
    one, other = agreement(first, second), agreement(second, first)
    assert one.same is not None
    assert one.to_yes is not None
    assert one.to_no is not None
    assert one.mean is not None
    assert one.absolute is not None
    assert one.largest is not None
    assert other.mean is not None
    assert one.same + one.to_yes + one.to_no == pytest.approx(1)
    assert (one.to_yes, one.same, one.absolute) == (other.to_no, other.same, other.absolute)
    assert one.mean == pytest.approx(-other.mean)
    assert abs(one.mean) <= one.absolute + 1e-12
    assert one.absolute <= one.largest + 1e-12
    found = list(one.quantiles.values())
    assert found == sorted(found)
    assert found[-1] <= one.largest + 1e-12
    assert one.correlation is None or -1 <= one.correlation <= 1


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50))
def test_a_version_agrees_with_itself(p: list[float]) -> None:
    """Wholly, and correlates with itself unless it always answers the same."""
    found = agreement(answers(p), answers(p))
    assert (found.same, found.absolute, found.largest) == (1.0, 0.0, 0.0)
    assert found.correlation is None or found.correlation == pytest.approx(1)


def test_where_only_classes_are_known_only_they_are_compared() -> None:
    """Probabilities are not made up."""
    known = answers([0.2, 0.8])
    unknown = Answers(np.array([math.nan, 0.9]), np.array([True, True]))
    found = agreement(unknown, known)
    assert (found.same, found.to_no, found.absolute, found.correlation) == (0.5, 0.5, None, None)
    assert differences(unknown, known).tolist() == [-1.0, 0.0]


def test_of_nothing_nothing_is_said() -> None:
    """No number at all."""
    assert agreement(answers([]), answers([])).same is None
