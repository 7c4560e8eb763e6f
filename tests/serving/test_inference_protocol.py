"""The Open Inference Protocol: what a body may say, and what the answer says."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.serving.inference_protocol import (
    InvalidRequest,
    build_metadata,
    build_response,
    parse_request,
)
from gateway.serving.model_spec import ModelSpec
from gateway.serving.problems import PROBLEM_LIMIT

Body = dict[str, Any]
VALUES = {"chance": np.array([0.25, 0.75]), "sure": np.array([False, True])}


def _input(body: Body, name: str) -> Body:
    found: Body = next(t for t in body["inputs"] if t["name"] == name)
    return found


def test_a_good_request_becomes_a_matrix(spec: ModelSpec, body: Body) -> None:
    """One row per question, one column per input in the model's order, categories as codes."""
    request = parse_request(body, spec)
    assert request.id == "a-1"
    assert request.matrix.tolist() == [[0, 2, 1.5], [23, 0, 40]]
    assert request.matrix.dtype == np.float64
    assert request.matrix.flags.c_contiguous


def test_the_order_of_the_tensors_does_not_matter(spec: ModelSpec, body: Body) -> None:
    """Tensors are found by name, not by place."""
    expected = parse_request(body, spec).matrix.tolist()
    body["inputs"].reverse()
    assert parse_request(body, spec).matrix.tolist() == expected


def test_optional_parts_may_be_absent_or_null(spec: ModelSpec, body: Body) -> None:
    """The id, parameters and outputs may be left out or be null, which means the same."""
    del body["id"]
    body.update(parameters=None, outputs=None)
    _input(body, "hour")["parameters"] = {"content_type": "np"}
    request = parse_request(body, spec)
    assert (request.id, request.outputs) == (None, spec.outputs)


def test_a_response_carries_model_version_and_id(spec: ModelSpec, body: Body) -> None:
    """The answer names the model and its version, echoes the id and holds plain JSON values."""
    response = build_response(spec, parse_request(body, spec), VALUES)
    assert json.loads(json.dumps(response)) == {
        "model_name": "small",
        "model_version": "v7",
        "id": "a-1",
        "outputs": [
            {"name": "chance", "datatype": "FP64", "shape": [2], "data": [0.25, 0.75]},
            {"name": "sure", "datatype": "BOOL", "shape": [2], "data": [False, True]},
        ],
    }


def test_without_an_id_the_response_has_none(spec: ModelSpec, body: Body) -> None:
    """An id is echoed, never invented."""
    del body["id"]
    assert "id" not in build_response(spec, parse_request(body, spec), VALUES)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [(["sure"], ["sure"]), (["sure", "chance"], ["sure", "chance"]), ([], ["chance", "sure"])],
)
def test_requested_outputs_are_honoured(
    spec: ModelSpec, body: Body, wanted: list[str], given: list[str]
) -> None:
    """Only what was asked for is answered, in the order it was asked for; an empty list asks for all."""
    body["outputs"] = [{"name": name, "parameters": {"binary_data": False}} for name in wanted]
    response = build_response(spec, parse_request(body, spec), VALUES)
    assert [o["name"] for o in response["outputs"]] == given


def test_metadata_tells_units_limits_and_categories(spec: ModelSpec) -> None:
    """A client can learn from the metadata how to ask."""
    metadata = build_metadata(spec)
    assert (metadata["name"], metadata["versions"]) == ("small", ["v7"])
    hour, kind, _ = metadata["inputs"]
    assert hour["shape"] == [-1]
    assert hour["parameters"] == {"unit": "h", "min": 0, "max": 23, "example": 7}
    assert kind["parameters"]["categories"] == ["car", "bus", "NO"]
    assert [o["datatype"] for o in metadata["outputs"]] == ["FP64", "BOOL"]


def _with_input(name: str, **change: Any) -> Callable[[Body], object]:
    return lambda body: _input(body, name).update(change)


def _without(name: str) -> Callable[[Body], object]:
    return lambda body: body["inputs"].remove(_input(body, name))


BROKEN: list[tuple[Callable[[Body], object], str]] = [
    (lambda b: b.clear(), "'inputs': expected a list, got None"),
    (lambda b: b.update(inputs={}), "'inputs': expected a list, got {}"),
    (lambda b: b.update(inputs=None), "'inputs': expected a list, got None"),
    (lambda b: b.update(input=[]), "the body: unknown key 'input' (did you mean 'inputs'?)"),
    (lambda b: b.update(id=5), "the id: expected a string, got 5"),
    (lambda b: b.update(id=["a"]), "the id: expected a string, got ['a']"),
    (lambda b: b.update(parameters=[]), "the body: expected an object as parameters, got []"),
    (lambda b: b.update(outputs="sure"), "'outputs': expected a list, got 'sure'"),
    (lambda b: b.update(outputs=["sure"]), "outputs[0]: expected an object with a name, got 'sure'"),
    (lambda b: b.update(outputs=[{"name": "chanse"}]), "got an unknown name (did you mean 'chance'?)"),
    (lambda b: b.update(outputs=[{"name": "sure"}] * 2), "output 'sure': expected once, got it again"),
    (lambda b: b.update(outputs=[{"name": "sure", "x": 1}]), "output 'sure': unknown key 'x'"),
    (lambda b: b["inputs"].append(7), "inputs[3]: expected an object with a name, got 7"),
    (lambda b: b["inputs"].append({"name": None}), "inputs[3]: expected an object with a name, got {"),
    (
        lambda b: b["inputs"].append({"name": "sped"}),
        "input 'sped': expected one of hour, kind, speed, got an",
    ),
    (
        lambda b: b["inputs"].append(_input(b, "hour")),
        "input 'hour': expected once, got it again at inputs[3]",
    ),
    (_without("kind"), "input 'kind': expected one of car, bus, NO, got no such input"),
    (_without("speed"), "input 'speed': expected a finite number from -1.5 to 40 (m/s), got no such input"),
    (_with_input("hour", shape=[3]), "input 'hour': expected 3 values as its shape says, got 2"),
    (
        _with_input("kind", shape=[1], data=["car"]),
        "input 'kind': expected 2 rows as in the inputs before it, got 1",
    ),
    (_with_input("hour", shape=[0], data=[]), "input 'hour': expected 1 to 1,000 rows, got the shape [0]"),
    (_with_input("hour", shape=[1001], data=[1] * 1001), "expected 1 to 1,000 rows, got the shape [1001]"),
    (_with_input("hour", shape=[1, 2]), "input 'hour': expected the shape [n] or [n, 1], got [1, 2]"),
    (_with_input("hour", shape=None), "input 'hour': expected the shape [n] or [n, 1], got None"),
    (_with_input("hour", datatype="FP64"), "input 'hour': expected the datatype INT64, got 'FP64'"),
    (_with_input("kind", datatype="STRING"), "input 'kind': expected the datatype BYTES, got 'STRING'"),
    (_with_input("speed", datatype=None), "input 'speed': expected the datatype FP64, got None"),
    (_with_input("hour", data=None), "input 'hour': expected a list as data, got None"),
    (_with_input("hour", data="12"), "input 'hour': expected a list as data, got '12'"),
    (_with_input("hour", data=[1, 24]), "input 'hour'[1]: expected a whole number from 0 to 23 (h), got 24"),
    (_with_input("hour", data=[1, True]), "input 'hour'[1]: expected a whole number, got True"),
    (_with_input("hour", data=["1", 2]), "input 'hour'[0]: expected a whole number, got '1'"),
    (_with_input("speed", data=[None, 2]), "input 'speed'[0]: expected a number, got None"),
    (_with_input("speed", data=[float("nan"), 2]), "input 'speed'[0]: expected a finite number"),
    (_with_input("speed", data=[-1.6, 2]), "input 'speed'[0]: expected a finite number from -1.5 to 40"),
    (_with_input("kind", data=["car", "tram"]), "input 'kind'[1]: expected one of car, bus, NO, got 'tram'"),
    (_with_input("kind", data=[0, "car"]), "input 'kind'[0]: expected a string, got 0"),
    (_with_input("kind", parameters="x"), "input 'kind': expected an object as parameters, got 'x'"),
    (_with_input("kind", values=[]), "input 'kind': unknown key 'values'"),
]


@pytest.mark.parametrize(("spoil", "expected"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_request_is_refused(
    spec: ModelSpec, body: Body, spoil: Callable[[Body], object], expected: str
) -> None:
    """Whatever is wrong is told with the input's name, what was expected and what came."""
    parse_request(body, spec)
    spoil(body)
    with pytest.raises(InvalidRequest) as refused:
        parse_request(body, spec)
    assert expected in str(refused.value)


@pytest.mark.parametrize("body", [None, [], "x", 5, True])
def test_a_body_that_is_no_object_is_refused(spec: ModelSpec, body: object) -> None:
    """Any JSON value but an object is refused by what it is."""
    with pytest.raises(InvalidRequest, match="the body: expected an object with 'inputs', got"):
        parse_request(body, spec)


def test_all_problems_are_told_at_once(spec: ModelSpec, body: Body) -> None:
    """Four mistakes in four places are four sentences of one refusal."""
    body["id"] = 1
    body["outputs"] = [{"name": "x"}]
    _input(body, "hour")["data"] = [99, 1]
    _input(body, "kind")["datatype"] = "FP64"
    with pytest.raises(InvalidRequest) as refused:
        parse_request(body, spec)
    assert refused.value.count == 4
    assert str(refused.value).startswith("4 problems: the id: ")


def test_problems_are_told_up_to_a_bound(spec: ModelSpec, body: Body) -> None:
    """A request that is wrong a thousand times gets a short answer that says so."""
    for tensor in body["inputs"]:
        tensor.update(shape=[500], data=[None] * 500)
    with pytest.raises(InvalidRequest) as refused:
        parse_request(body, spec)
    assert (len(refused.value.problems), refused.value.count) == (PROBLEM_LIMIT, 1500)
    assert str(refused.value).endswith(f"and {1500 - PROBLEM_LIMIT} more")
    assert len(str(refused.value)) < 4000


def test_the_row_limit_is_inclusive(spec: ModelSpec, body: Body) -> None:
    """Exactly as many rows as the limit are answered, one more is refused."""
    assert len(parse_request(body, spec, row_limit=2).matrix) == 2
    with pytest.raises(InvalidRequest, match="expected 1 to 1 rows"):
        parse_request(body, spec, row_limit=1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
PLACES: list[tuple[str | int, ...]] = [
    ("id",),
    ("outputs",),
    ("parameters",),
    ("inputs",),
    *[("inputs", i) for i in range(3)],
    *[("inputs", i, key) for i in range(3) for key in ("name", "shape", "datatype", "data", "parameters")],
    *[("inputs", i, "data", 0) for i in range(3)],
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500)
@given(place=st.sampled_from(PLACES), value=JSON)
def test_anything_anywhere_is_answered_or_refused(
    spec: ModelSpec, body: Body, place: tuple[str | int, ...], value: Any
) -> None:
    """Any JSON value in any place gives a matrix within the limits or a refusal, never another error."""
    spoilt: Any = copy.deepcopy(body)
    target = spoilt
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    matrix = np.zeros((0, 3))
    problems: tuple[str, ...] = ()
    try:
        matrix = parse_request(spoilt, spec).matrix
    except InvalidRequest as refused:
        problems = refused.problems
    assert bool(problems) != bool(len(matrix))
    assert matrix.shape[1] == 3
    assert (matrix >= [0, 0, -1.5]).all()
    assert (matrix <= [23, 2, 40]).all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 23), st.sampled_from(["car", "bus", "NO"]), st.floats(-1.5, 40)),
        min_size=1,
        max_size=50,
    )
)
def test_every_valid_request_keeps_its_values(spec: ModelSpec, rows: list[tuple[int, str, float]]) -> None:
    """What was sent stands in the matrix, row by row, unchanged."""
    tensors = [
        {"name": s.name, "shape": [len(rows)], "datatype": s.datatype, "data": [row[i] for row in rows]}
        for i, s in enumerate(spec.inputs)
    ]
    codes = spec.input_by_name["kind"].codes
    matrix = parse_request({"inputs": tensors}, spec).matrix
    assert matrix.tolist() == [[hour, codes[kind], speed] for hour, kind, speed in rows]
