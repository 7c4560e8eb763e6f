"""Open Inference JSON as columns: what the request log keeps of a body, whatever model it was meant for.

The model services check a request against one model (`gateway.serving.tensors`) and tell the client what is
wrong. Here nobody is told: a body that cannot be read for certain is none, and is treated as plain text.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

TENSOR_LIMIT: Final = 1000
RANK_LIMIT: Final = 8
SCALARS: Final = frozenset({str, int, float, bool, type(None)})

Columns = dict[str, list[Any]]


def values_in(body: bytes) -> tuple[Columns, dict[str, Any]] | None:
    """Return the tensors of a request (`inputs`) or an answer (`outputs`) by name, and its parameters.

    A column has one value per row: a scalar, or a flat list where the shape has more than one value per row.
    NaN and the infinities become None. None instead: the body is no such JSON, or does not fit its shapes.
    """
    document = json_in(body)
    if type(document) is not dict:
        return None
    tensors = document["inputs"] if "inputs" in document else document.get("outputs")
    parameters = document.get("parameters")
    if type(tensors) is not list or not 0 < len(tensors) <= TENSOR_LIMIT:
        return None
    if parameters is not None and type(parameters) is not dict:
        return None
    columns: Columns = {}
    for tensor in tensors:
        if type(tensor) is not dict or type(name := tensor.get("name")) is not str or name in columns:
            return None
        if (column := _column(tensor.get("shape"), tensor.get("data"))) is None:
            return None
        columns[name] = column
    return columns, parameters or {}


def json_in(body: bytes) -> Any:
    """Return the decoded JSON, NaN and infinities as None; None as well where it is not JSON at all."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    if b"NaN" not in body and b"Infinity" not in body:
        return None
    try:  # Python's reader knows them; what else it lets through, such as half a surrogate, orjson does not
        return orjson.loads(orjson.dumps(json.loads(body)))
    except (ValueError, TypeError, RecursionError):
        return None


def _column(shape: Any, data: Any) -> list[Any] | None:
    if type(shape) is not list or type(data) is not list or not 0 < len(shape) <= RANK_LIMIT:
        return None
    if len(shape) == 1 and len(data) == 1 and shape[0] == 1:  # by far the most frequent
        return data if type(data[0]) in SCALARS and type(shape[0]) is int else None
    size = 1
    for length in shape:
        if type(length) is not int or length < 0:
            return None
        size *= length
    flat = _flat(data)
    if flat is None or len(flat) != size:
        return None
    rows = shape[0]
    width = size // rows if rows else 1
    return flat if width == 1 else [flat[at : at + width] for at in range(0, size, width)] if width else None


def _flat(data: list[Any]) -> list[Any] | None:
    """The scalars in row-major order; None where lists are nested unevenly or deeper than a shape may be."""
    for _ in range(RANK_LIMIT):
        kinds = set(map(type, data))
        if kinds <= SCALARS:
            return data
        if kinds != {list} or len(set(map(len, data))) != 1:
            return None
        data = [value for part in data for value in part]
    return None
