"""One tensor of a request, checked and turned into one column of numbers.

The good case is decided for the whole column by a few built-ins that run in C; only a column that fails is
looked at value by value, to say which one is wrong and why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.serving.model_spec import InputSpec
from gateway.serving.problems import Problems, nearest, shown

TENSOR_KEYS = ("name", "shape", "datatype", "parameters", "data")
# What may be sent for an input of the declared datatype: whatever becomes a float64 without a surprise.
ACCEPTED = {"FP64": ("FP64", "FP32", "INT64"), "INT64": ("INT64",), "BYTES": ("BYTES",)}
# By exact type: to Python a bool is an int, to this protocol it is not a number.
ELEMENT_TYPES: Mapping[str, frozenset[type]] = {
    "FP64": frozenset({int, float}),
    "FP32": frozenset({int, float}),
    "INT64": frozenset({int}),
    "BYTES": frozenset({str}),
}
ELEMENT_NAMES = {"FP64": "a number", "FP32": "a number", "INT64": "a whole number", "BYTES": "a string"}


def row_count(tensor: Mapping[str, Any], where: str, row_limit: int, problems: Problems) -> int | None:
    """How many rows the shape promises, [n] or [n, 1]; None where a problem was noted instead."""
    shape = tensor.get("shape")
    if (
        not isinstance(shape, list)
        or not shape
        or any(type(n) is not int for n in shape)
        or shape[1:] not in ([], [1])
    ):
        problems.add(f"{where}: expected the shape [n] or [n, 1], got {shown(shape)}")
        return None
    rows: int = shape[0]
    if not 1 <= rows <= row_limit:
        problems.add(f"{where}: expected 1 to {row_limit:,} rows, got the shape {shown(shape)}")
        return None
    return rows


def read_column(
    tensor: Mapping[str, Any], spec: InputSpec, rows: int | None, problems: Problems
) -> Sequence[float] | None:
    """The values of a tensor as numbers, categories as their codes; None where a problem was noted."""
    where = f"input '{spec.name}'"
    problems.unknown_keys(tensor, TENSOR_KEYS, where)
    check_parameters(tensor, where, problems)
    datatype = tensor.get("datatype")
    if datatype not in ACCEPTED[spec.datatype]:
        problems.add(f"{where}: expected the datatype {spec.datatype}, got {shown(datatype)}")
        return None
    data = _flat(tensor)
    if not isinstance(data, list):
        problems.add(f"{where}: expected a list as data, got {shown(data)}")
        return None
    if rows is not None and len(data) != rows:
        problems.add(f"{where}: expected {rows} values as its shape says, got {len(data)}")
        return None
    return _numbers(data, datatype, spec, problems)


def check_parameters(entry: Mapping[str, Any], where: str, problems: Problems) -> None:
    """Parameters are the protocol's room for extensions: any object will do, and none is acted upon."""
    parameters = entry.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        problems.add(f"{where}: expected an object as parameters, got {shown(parameters)}")


def _flat(tensor: Mapping[str, Any]) -> object:
    """The data, where [[1], [2]] for the shape [2, 1] means [1, 2]."""
    data, shape = tensor.get("data"), tensor.get("shape")
    if not (isinstance(data, list) and isinstance(shape, list) and len(shape) == 2):
        return data
    nested = all(type(row) is list and len(row) == 1 for row in data)
    return [row[0] for row in data] if nested else data


def _numbers(data: list[Any], datatype: str, spec: InputSpec, problems: Problems) -> Sequence[float] | None:
    if data and set(map(type, data)) <= ELEMENT_TYPES[datatype]:
        if spec.categories:
            codes = [spec.codes.get(value, -1.0) for value in data]
            if min(codes) >= 0:
                return codes
        elif _are_within(data, spec):
            return data
    for index, value in enumerate(data):
        _explain(value, f"input '{spec.name}'[{index}]", datatype, spec, problems)
    return None


def _are_within(values: list[float], spec: InputSpec) -> bool:
    if not (spec.minimum <= min(values) and max(values) <= spec.maximum):
        return False
    try:
        return all(map(math.isfinite, values))  # min and max overlook a NaN that is not the first
    except OverflowError:
        return False  # a whole number that no float can hold


def _explain(value: Any, where: str, datatype: str, spec: InputSpec, problems: Problems) -> None:
    if type(value) not in ELEMENT_TYPES[datatype]:
        problems.add(f"{where}: expected {ELEMENT_NAMES[datatype]}, got {shown(value)}")
    elif spec.categories:
        if value not in spec.codes:
            hint = nearest(value, spec.categories)
            problems.add(f"{where}: expected {expectation(spec)}, got {shown(value)}{hint}")
    elif not _are_within([value], spec):
        problems.add(f"{where}: expected {expectation(spec)}, got {shown(value)}")


def expectation(spec: InputSpec) -> str:
    """What an input takes, in words: its kind, its range or some of its categories, its unit."""
    unit = f" ({spec.unit})" if spec.unit else ""
    if spec.categories:
        some, more = spec.categories[:5], len(spec.categories) - 5
        return f"one of {', '.join(some)}{f' and {more} more' if more > 0 else ''}{unit}"
    kind = "a whole number" if spec.datatype == "INT64" else "a finite number"
    match math.isfinite(spec.minimum), math.isfinite(spec.maximum):
        case True, True:
            return f"{kind} from {spec.minimum:g} to {spec.maximum:g}{unit}"
        case True, False:
            return f"{kind} of at least {spec.minimum:g}{unit}"
        case False, True:
            return f"{kind} of at most {spec.maximum:g}{unit}"
    return f"{kind}{unit}"
