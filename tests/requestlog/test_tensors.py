"""Open Inference JSON as columns, or nothing at all."""

from __future__ import annotations

import json
import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.tensors import TENSOR_LIMIT, json_in, values_in


def request(*tensors: dict[str, Any], **more: Any) -> bytes:
    return orjson.dumps({"inputs": list(tensors), **more})


def tensor(shape: Any, data: Any, name: str = "x", datatype: str = "FP64") -> dict[str, Any]:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def test_one_value_per_row() -> None:
    """Each input becomes a column, each row a value; parameters come along."""
    body = request(
        tensor([2], [1.5, 2]),
        tensor([2, 1], [["UA"], ["DL"]], "carrier", "BYTES"),
        tensor([2], [True, False], "late", "BOOL"),
        id="7",
        parameters={"tenant": "a"},
    )
    assert values_in(body) == (
        {"x": [1.5, 2], "carrier": ["UA", "DL"], "late": [True, False]},
        {"tenant": "a"},
    )


@pytest.mark.parametrize(
    "data", [[1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]], [[[1], [2], [3]], [[4], [5], [6]]]]
)
def test_several_values_per_row(data: list[Any]) -> None:
    """Flat or nested, a row of more than one value is a list."""
    for shape in ([2, 3], [2, 3, 1]):
        assert values_in(request(tensor(shape, data))) == ({"x": [[1, 2, 3], [4, 5, 6]]}, {})


def test_answers_and_requests_that_ask_for_outputs() -> None:
    """An answer's outputs are read; the outputs that a request asks for are not taken for them."""
    answer = orjson.dumps({"model_name": "late", "outputs": [tensor([1], [0.25], "p")]})
    assert values_in(answer) == ({"p": [0.25]}, {})
    assert values_in(request(tensor([1], [1]), outputs=[{"name": "p"}])) == ({"x": [1]}, {})
    assert values_in(orjson.dumps({"outputs": [{"name": "p"}]})) is None


def test_numbers_that_json_has_not() -> None:
    """NaN and the infinities, which some clients write, become None; with them the rest is still read."""
    body = b'{"inputs": [{"name": "x", "shape": [4], "data": [NaN, 1, -Infinity, Infinity]}]}'
    assert values_in(body) == ({"x": [None, 1, None, None]}, {})
    assert json_in(b'["\\ud800", NaN]') is None
    assert json_in(b"[" * 100_000 + b"NaN") is None


@pytest.mark.parametrize(
    "unreadable",
    [
        tensor([2], [1]),
        tensor([1], [1, 2]),
        tensor([2, 2], [[1, 2], [3]]),
        tensor([2, 2], [1, [2], 3, 4]),
        tensor([], [1]),
        tensor([3, 0], []),
        tensor([-1], [1]),
        tensor([True], [1]),
        tensor(["1"], [1]),
        tensor([1.0], [1]),
        tensor(1, [1]),
        tensor([1] * 9, [1]),
        tensor([1], 1),
        tensor([1], [{"a": 1}]),
        tensor([1], [[[[[[[[[[1]]]]]]]]]]),
        {"name": "x", "shape": [1], "datatype": "FP64", "parameters": {"binary_data_size": 8}},
        {"name": 1, "shape": [1], "data": [1]},
        {"shape": [1], "data": [1]},
    ],
)
def test_what_does_not_fit_is_unreadable(unreadable: dict[str, Any]) -> None:
    """A tensor whose data is not what its shape says makes the whole body unreadable."""
    assert values_in(request(unreadable)) is None
    assert values_in(request(tensor([1], [1], "fine"), unreadable)) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'{"inputs": {}}', b'{"inputs": []}', b'{"inputs": [1]}', b"\xff{}"],
)
def test_other_bodies(body: bytes) -> None:
    """What is no Open Inference JSON is nothing, and no exception."""
    assert values_in(body) is None


def test_doubled_names_too_many_tensors_and_odd_parameters() -> None:
    """A name that comes twice, more than 1,000 tensors, parameters that are no object: unreadable."""
    assert values_in(request(tensor([1], [1]), tensor([1], [2]))) is None
    many = [tensor([1], [1], str(number)) for number in range(TENSOR_LIMIT + 1)]
    assert values_in(request(*many)) is None
    assert values_in(request(*many[1:])) is not None
    assert values_in(request(tensor([1], [1]), parameters=[1])) is None


def test_no_rows() -> None:
    """No rows is a column without values."""
    assert values_in(request(tensor([0], []))) == ({"x": []}, {})


@given(st.binary(max_size=200))
def test_never_an_exception_for_bytes(body: bytes) -> None:
    """Any bytes are read or not."""
    assert values_in(body) is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(shape=_json, data=_json, parameters=_json)
def test_never_an_exception_for_json(shape: Any, data: Any, parameters: Any) -> None:
    """Any JSON is read or not; what is read has scalars alone, and no NaN."""
    body = json.dumps({"inputs": [{"name": "x", "shape": shape, "data": data}], "parameters": parameters})
    found = values_in(body.encode())
    if found is not None:
        rows = [value for row in found[0]["x"] for value in (row if type(row) is list else [row])]
        assert not any(type(value) in (list, dict) for value in rows)
        assert not any(type(value) is float and not math.isfinite(value) for value in rows)
