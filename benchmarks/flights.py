"""Real flights as inference requests: rows of a file, in the form the model's metadata asks for."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("flights_march.csv.gz")
_TRUTH = "late"
_WHOLE = ("INT", "UINT")
_REAL = ("FP",)


@dataclass(frozen=True)
class Flight:
    """What was known before departure, as text, and what came of it."""

    known: Mapping[str, str]
    was_late: bool


@dataclass(frozen=True)
class Input:
    """One input of the model, as its metadata names it."""

    name: str
    datatype: str


def read_flights(file: Path = FILE) -> list[Flight]:
    """Read all flights, in the order of the file."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [
        Flight({name: value for name, value in row.items() if name != _TRUTH}, row[_TRUTH] == "1")
        for row in rows
    ]


def read_inputs(metadata: Mapping[str, Any], known: Sequence[str]) -> list[Input]:
    """Return the model's inputs; raises ValueError naming those that the flights have no column for."""
    inputs = [Input(one["name"], one["datatype"]) for one in metadata["inputs"]]
    if lacking := sorted({one.name for one in inputs} - set(known)):
        raise ValueError(f"the model asks for {', '.join(lacking)}, which {FILE.name} does not have")
    return inputs


def question(flight: Flight, inputs: Sequence[Input], identity: str) -> dict[str, Any]:
    """Write one flight as an Open Inference request of one row."""
    tensors = [
        {
            "name": one.name,
            "datatype": one.datatype,
            "shape": [1],
            "data": [value(flight.known[one.name], one.datatype)],
        }
        for one in inputs
    ]
    return {"id": identity, "inputs": tensors}


def value(text: str, datatype: str) -> int | float | str | bool:
    """Turn a column's text into what its datatype wants."""
    if datatype.startswith(_WHOLE):
        return int(text)
    if datatype.startswith(_REAL):
        return float(text)
    return text == "1" if datatype == "BOOL" else text


def probability(answer: Mapping[str, Any]) -> float:
    """Return the first real number among the outputs; raises ValueError when there is none."""
    for output in answer["outputs"]:
        if output["datatype"].startswith(_REAL):
            return float(output["data"][0])
    raise ValueError(f"no output with a probability among {[one['name'] for one in answer['outputs']]}")
