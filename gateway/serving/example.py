"""A request to try a model with, made from the examples in its model.yaml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gateway.serving.model_file import parse_model_file


def example_request(folder: Path) -> str:
    """Return the JSON of one Open Inference request; raises GatewayError where model.yaml is no good."""
    file = folder / "model.yaml"
    spec = parse_model_file(file.read_text(encoding="utf-8"), str(file)).spec
    inputs: list[dict[str, Any]] = [
        {"name": i.name, "shape": [1], "datatype": i.datatype, "data": [_plain(i.example)]}
        for i in spec.inputs
    ]
    return json.dumps({"inputs": inputs}, separators=(",", ":"))


def _plain(example: float | str | None) -> float | str | None:
    is_whole = isinstance(example, float) and example.is_integer()
    return int(example) if is_whole and example is not None else example
