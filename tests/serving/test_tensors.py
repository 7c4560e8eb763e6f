"""One tensor: its shape, its datatype, its values."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.model_spec import InputSpec
from gateway.serving.problems import Problems
from gateway.serving.tensors import expectation, read_column, row_count

HOUR = InputSpec("hour", "INT64", "h", 0, 23)
KIND = InputSpec("kind", "BYTES", categories=("car", "bus"))
SPEED = InputSpec("speed", "FP64", "m/s", -1.5, 40)
ANY = InputSpec("any", "FP64")


def _read(
    spec: InputSpec, data: Any, datatype: str | None = None, shape: Any = None
) -> tuple[Any, list[str]]:
    problems = Problems()
    tensor = {
        "name": spec.name,
        "shape": shape or [len(data)],
        "datatype": datatype or spec.datatype,
        "data": data,
    }
    return read_column(tensor, spec, len(data), problems), problems.kept


@pytest.mark.parametrize("shape", [[3], [3, 1]])
def test_rows_are_counted_from_the_shape(shape: list[int]) -> None:
    """A column may be written as [n] or as [n, 1]."""
    assert row_count({"shape": shape}, "x", 10, Problems()) == 3


@pytest.mark.parametrize(
    "shape", [None, [], 3, "3", [3.0], [True], [3, 2], [1, 3], [3, 1, 1], [3, True], [0], [-1], [11], [[3]]]
)
def test_other_shapes_are_refused(shape: Any) -> None:
    """Any other shape, and a number of rows out of bounds, is one problem that shows the shape."""
    problems = Problems()
    assert row_count({"shape": shape}, "input 'x'", 10, problems) is None
    assert problems.count == 1
    assert problems.kept[0].startswith("input 'x': expected")


@pytest.mark.parametrize(
    ("spec", "datatype", "data", "column"),
    [
        (HOUR, "INT64", [0, 23], [0, 23]),
        (SPEED, "FP64", [-1.5, 40], [-1.5, 40]),
        (SPEED, "FP32", [0.5], [0.5]),
        (SPEED, "INT64", [3], [3]),
        (KIND, "BYTES", ["bus", "car", "bus"], [1.0, 0.0, 1.0]),
    ],
)
def test_good_values_become_numbers(
    spec: InputSpec, datatype: str, data: list[Any], column: list[float]
) -> None:
    """Limits are included, categories become codes, and a whole number passes for a float."""
    assert _read(spec, data, datatype) == (column, [])


def test_a_nested_column_is_the_flat_one() -> None:
    """With the shape [n, 1] every value may stand in a list of its own."""
    assert _read(SPEED, [[1.0], [2.0]], shape=[2, 1]) == ([1.0, 2.0], [])


@pytest.mark.parametrize(
    ("spec", "datatype", "value", "expected"),
    [
        (HOUR, "INT64", 24, "input 'hour'[1]: expected a whole number from 0 to 23 (h), got 24"),
        (HOUR, "INT64", 7.0, "input 'hour'[1]: expected a whole number, got 7.0"),
        (HOUR, "INT64", True, "input 'hour'[1]: expected a whole number, got True"),
        (HOUR, "INT64", 10**400, "input 'hour'[1]: expected a whole number from 0 to 23 (h), got 1000000000"),
        (
            SPEED,
            "FP64",
            40.001,
            "input 'speed'[1]: expected a finite number from -1.5 to 40 (m/s), got 40.001",
        ),
        (
            SPEED,
            "FP64",
            math.nan,
            "input 'speed'[1]: expected a finite number from -1.5 to 40 (m/s), got nan",
        ),
        (SPEED, "FP64", None, "input 'speed'[1]: expected a number, got None"),
        (SPEED, "INT64", 3.5, "input 'speed'[1]: expected a whole number, got 3.5"),
        (ANY, "FP64", -math.inf, "input 'any'[1]: expected a finite number, got -inf"),
        (ANY, "INT64", 10**400, "input 'any'[1]: expected a finite number, got 1000000000"),
        (
            KIND,
            "BYTES",
            "buss",
            "input 'kind'[1]: expected one of car, bus, got 'buss' (did you mean 'bus'?)",
        ),
        (KIND, "BYTES", 1, "input 'kind'[1]: expected a string, got 1"),
        (KIND, "BYTES", ["bus"], "input 'kind'[1]: expected a string, got ['bus']"),
    ],
)
def test_a_bad_value_is_told_by_its_place(spec: InputSpec, datatype: str, value: Any, expected: str) -> None:
    """The message names the input, the index, what was expected and what came."""
    good: Any = "car" if spec is KIND else 3
    column, problems = _read(spec, [good, value], datatype)
    assert column is None
    assert len(problems) == 1
    assert problems[0].startswith(expected)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"datatype": "BYTES"}, "input 'hour': expected the datatype INT64, got 'BYTES'"),
        ({"datatype": "FP64"}, "input 'hour': expected the datatype INT64, got 'FP64'"),
        ({"datatype": ["INT64"]}, "input 'hour': expected the datatype INT64, got ['INT64']"),
        ({"data": 3}, "input 'hour': expected a list as data, got 3"),
        ({"data": [1]}, "input 'hour': expected 2 values as its shape says, got 1"),
        ({"parameters": 1}, "input 'hour': expected an object as parameters, got 1"),
        ({"dat": 1}, "input 'hour': unknown key 'dat' (did you mean 'data'?); known are name, shape"),
    ],
)
def test_a_bad_tensor_is_told_by_its_name(change: dict[str, Any], expected: str) -> None:
    """What is wrong with the tensor as a whole is told once."""
    problems = Problems()
    read_column({"shape": [2], "datatype": "INT64", "data": [1, 2], **change}, HOUR, 2, problems)
    assert len(problems.kept) == 1
    assert problems.kept[0].startswith(expected)


def test_every_bad_value_is_counted() -> None:
    """A column full of mistakes tells how many there are."""
    problems = Problems()
    read_column({"shape": [50], "datatype": "INT64", "data": [99] * 50}, HOUR, 50, problems)
    assert problems.count == 50


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (InputSpec("x", "FP64", minimum=0), "a finite number of at least 0"),
        (InputSpec("x", "FP64", maximum=9), "a finite number of at most 9"),
        (InputSpec("x", "BYTES", categories=tuple("abcdefg")), "one of a, b, c, d, e and 2 more"),
    ],
)
def test_expectations_in_words(spec: InputSpec, words: str) -> None:
    """What an input takes is told in words a person can act on."""
    assert expectation(spec) == words


@given(
    st.lists(st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.text(max_size=3)), min_size=1)
)
def test_whatever_passes_is_a_number_within_the_limits(data: list[Any]) -> None:
    """No value but a finite number within the limits ever gets through, and nothing raises."""
    column, problems = _read(SPEED, data)
    good = all(type(v) in (int, float) and -1.5 <= v <= 40 for v in data)
    assert (column == data and not problems) if good else (column is None and problems)
