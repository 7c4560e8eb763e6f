"""What the log kept is written as the Open Inference JSON it came from."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from gateway.requestlog.sinks.open_inference import JSON, TEXT, request_of, response_of, tensor
from tests.requestlog.sinks.log_site import record


@pytest.mark.parametrize(
    ("values", "shape", "datatype", "data"),
    [
        ([1, 2], [2], "INT64", [1, 2]),
        ([1, 2.5], [2], "FP64", [1, 2.5]),
        ([None, 3], [2], "INT64", [None, 3]),
        ([None], [1], "FP64", [None]),
        ([], [0], "FP64", []),
        ([True, False], [2], "BOOL", [True, False]),
        ([True, 1], [2], "BYTES", [True, 1]),
        (["JFK", None], [2], "BYTES", ["JFK", None]),
        ([[1, 2, 3], [4, 5, 6]], [2, 3], "INT64", [1, 2, 3, 4, 5, 6]),
        ([[[1], [2]]], [1, 2, 1], "INT64", [1, 2]),
        ([[1], [2, 3]], [2], "BYTES", [[1], [2, 3]]),
        ("p_0123", [1], "BYTES", ["p_0123"]),
    ],
)
def test_types_and_shapes_follow_from_the_values(
    values: Any, shape: list[int], datatype: str, data: list[Any]
) -> None:
    """Rows of equal length become one tensor."""
    assert tensor("x", values) == {"name": "x", "shape": shape, "datatype": datatype, "data": data}


def test_a_request_and_its_answer_come_back() -> None:
    """With the id that both share."""
    found = record(1, parameters={"day": "2013-01-01"})
    body, kind = request_of(found)
    assert kind == JSON
    assert orjson.loads(body) == {
        "id": found["id"],
        "parameters": {"day": "2013-01-01"},
        "inputs": [{"name": "distance", "shape": [1], "datatype": "INT64", "data": [101]}],
    }
    answer = orjson.loads(response_of(found)[0])
    assert (answer["model_name"], answer["outputs"][0]["name"]) == ("blue", "late")
    assert "parameters" not in answer


@pytest.mark.parametrize(("text", "kind"), [('{"a":1}', JSON), ("a,b", TEXT), ("", TEXT)])
def test_any_other_body_stays_as_it_is(text: str, kind: str) -> None:
    """JSON or not."""
    found = record(1, request_body=text)
    del found["inputs"]
    assert request_of(found) == (text.encode(), kind)
