"""The Open Inference Protocol (v2, JSON) as values: a decoded body in, a matrix out; arrays in, a body out.

Pure, so that every rule about what a client may send can be tested without a server. A body is checked as a
whole: the client learns at once everything that is wrong with it, each time with the input's name, what was
expected and what came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.errors import GatewayError
from gateway.serving.model_spec import InputSpec, ModelSpec, OutputSpec
from gateway.serving.problems import Problems, nearest, shown
from gateway.serving.tensors import check_parameters, expectation, read_column, row_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROW_LIMIT = 1000
BODY_KEYS = ("id", "parameters", "inputs", "outputs")
OUTPUT_KEYS = ("name", "parameters")


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """A valid request: one matrix row per question, one column per input of the model."""

    id: str | None
    matrix: NDArray[np.float64]
    outputs: tuple[OutputSpec, ...]


class InvalidRequest(GatewayError):
    """The client's mistake; the text lists the problems."""

    def __init__(self, problems: Problems) -> None:
        self.problems = tuple(problems.kept)
        self.count = problems.count
        super().__init__(problems.text())


def parse_request(body: object, model: ModelSpec, row_limit: int = ROW_LIMIT) -> InferenceRequest:
    """Check a decoded body and turn its tensors into one float64 matrix; raises InvalidRequest."""
    problems = Problems()
    request_id: str | None = None
    outputs: tuple[OutputSpec, ...] = ()
    columns: list[Sequence[float] | None] = []
    if isinstance(body, dict):
        problems.unknown_keys(body, BODY_KEYS, "the body")
        check_parameters(body, "the body", problems)
        request_id = _request_id(body.get("id"), problems)
        outputs = _requested_outputs(body.get("outputs"), model, problems)
        columns = _columns(body.get("inputs"), model, row_limit, problems)
    else:
        problems.add(f"the body: expected an object with 'inputs', got {shown(body)}")
    if problems.count:
        raise InvalidRequest(problems)
    matrix = np.array(columns, dtype=np.float64).T
    return InferenceRequest(request_id, np.ascontiguousarray(matrix), outputs)


def build_response(
    model: ModelSpec, request: InferenceRequest, values: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """The body of the answer: the outputs that were asked for, in the order they were asked for."""
    response: dict[str, Any] = {"model_name": model.name, "model_version": model.version}
    if request.id is not None:
        response["id"] = request.id
    rows = len(request.matrix)
    response["outputs"] = [
        {"name": o.name, "datatype": o.datatype, "shape": [rows], "data": values[o.name].tolist()}
        for o in request.outputs
    ]
    return response


def build_metadata(model: ModelSpec) -> dict[str, Any]:
    """What a client can learn of a model before it asks: its tensors, with units and limits as parameters."""
    return {
        "name": model.name,
        "versions": [model.version],
        "platform": "sklearn_joblib",
        "parameters": {"description": model.description},
        "inputs": [_input_metadata(spec) for spec in model.inputs],
        "outputs": [{"name": o.name, "datatype": o.datatype, "shape": [-1]} for o in model.outputs],
    }


def _input_metadata(spec: InputSpec) -> dict[str, Any]:
    limits = {"min": spec.minimum, "max": spec.maximum}
    kind = int if spec.datatype == "INT64" else float
    parameters: dict[str, Any] = {"unit": spec.unit} if spec.unit else {}
    parameters |= {name: kind(limit) for name, limit in limits.items() if np.isfinite(limit)}
    if spec.categories:
        parameters["categories"] = list(spec.categories)
    if spec.example is not None:
        parameters["example"] = spec.example
    return {"name": spec.name, "datatype": spec.datatype, "shape": [-1], "parameters": parameters}


def _request_id(value: object, problems: Problems) -> str | None:
    if value is None or isinstance(value, str):
        return value
    problems.add(f"the id: expected a string, got {shown(value)}")
    return None


def _requested_outputs(wanted: object, model: ModelSpec, problems: Problems) -> tuple[OutputSpec, ...]:
    """The outputs to answer with; without a list, or with an empty one, all of them."""
    if wanted is None or wanted == []:
        return model.outputs
    chosen: dict[str, OutputSpec] = {}
    for name, entry in _named(wanted, "output", model.output_by_name, problems).items():
        problems.unknown_keys(entry, OUTPUT_KEYS, f"output '{name}'")
        check_parameters(entry, f"output '{name}'", problems)
        chosen[name] = model.output_by_name[name]
    return tuple(chosen.values())


def _columns(
    tensors: object, model: ModelSpec, row_limit: int, problems: Problems
) -> list[Sequence[float] | None]:
    """One column per input of the model; None where a problem was noted instead."""
    by_name = _named(tensors, "input", model.input_by_name, problems)
    for spec in model.inputs:
        if spec.name not in by_name and isinstance(tensors, list):
            problems.add(f"input '{spec.name}': expected {expectation(spec)}, got no such input")
    rows: int | None = None
    columns = []
    for spec in model.inputs:
        if (tensor := by_name.get(spec.name)) is None:
            continue
        count = row_count(tensor, f"input '{spec.name}'", row_limit, problems)
        rows = count if rows is None else rows
        if count is not None and count != rows:
            problems.add(f"input '{spec.name}': expected {rows} rows as in the inputs before it, got {count}")
        columns.append(read_column(tensor, spec, count, problems))
    return columns


def _named(
    entries: object, kind: str, known: Mapping[str, object], problems: Problems
) -> dict[str, dict[str, Any]]:
    """The entries of a list of tensors by name: each must be known and may be there once."""
    if not isinstance(entries, list):
        problems.add(f"'{kind}s': expected a list, got {shown(entries)}")
        return {}
    by_name: dict[str, dict[str, Any]] = {}
    for index, entry in enumerate(entries):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            problems.add(f"{kind}s[{index}]: expected an object with a name, got {shown(entry)}")
        elif name not in known:
            hint = nearest(name, known)
            problems.add(
                f"{kind} {shown(name)}: expected one of {', '.join(known)}, got an unknown name{hint}"
            )
        elif name in by_name:
            problems.add(f"{kind} '{name}': expected once, got it again at {kind}s[{index}]")
        else:
            by_name[name] = entry
    return by_name
