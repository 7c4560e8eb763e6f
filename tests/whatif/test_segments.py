"""Where two versions disagree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.model_spec import InputSpec
from gateway.whatif.segments import ERRORS, segments, standing_out

KIND = InputSpec("kind", "BYTES", categories=("car", "bus", "tram"))
SPEED = InputSpec("speed", "FP64")


@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(-1e6, 1e6), st.floats(-1, 1)), min_size=1, max_size=80)
)
def test_the_segments_of_an_input_are_all_rows_once(rows: list[tuple[int, float, float]]) -> None:
    """Whatever the values are, ties included; the largest differences come first."""
    matrix = np.array([[kind, speed] for kind, speed, _ in rows], dtype=np.float64)
    difference = np.array([d for _, _, d in rows])
    found = segments((KIND, SPEED), matrix, difference)
    for name in ("kind", "speed"):
        part = [one for one in found if one.input == name]
        assert sum(one.rows for one in part) == len(rows)
        assert len(part) <= 4
        total = sum(one.rows * one.absolute for one in part)
        assert total == pytest.approx(float(np.abs(difference).sum()))
    assert [one.absolute for one in found] == sorted((one.absolute for one in found), reverse=True)


def test_a_segment_that_differs_stands_out_and_a_small_one_does_not() -> None:
    """Of 1,000 rows the trams differ; five buses differ even more, which may be chance."""
    dice = np.random.default_rng(1)
    kind = np.repeat([0.0, 2.0, 1.0], [695, 300, 5])
    difference = np.where(kind == 2, 0.4, np.where(kind == 1, 0.9, 0.1)) + dice.normal(0, 0.01, 1000)
    matrix = np.column_stack([kind, dice.uniform(0, 1, 1000)])
    found = standing_out(segments((KIND, SPEED), matrix, difference))
    assert [(one.input, one.value, one.rows) for one in found] == [("kind", "tram", 300)]


def test_pure_noise_stands_out_hardly_ever() -> None:
    """Of 2,000 segments without any difference fewer than one in a hundred."""
    dice = np.random.default_rng(2)
    count = 0
    for _ in range(500):
        matrix = dice.uniform(0, 1, (400, 1))
        count += len(standing_out(segments((SPEED,), matrix, dice.normal(0, 0.1, 400))))
    assert count < 20
    assert ERRORS == 3.0


def test_where_all_differ_alike_none_stands_out() -> None:
    """A shift everywhere is no matter of a segment."""
    matrix = np.column_stack([np.arange(200) % 3, np.arange(200)]).astype(np.float64)
    assert standing_out(segments((KIND, SPEED), matrix, np.full(200, 0.3))) == []
