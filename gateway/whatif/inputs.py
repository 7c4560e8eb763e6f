"""Recorded inputs as the rows of a model, as far as the log has them as they were sent.

Nothing is guessed: a row of which one value is missing, was made less precise, or is none that the model
takes is not given to it, and is counted by input and reason.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.requestlog.policy import Filter
from gateway.serving.model_spec import InputSpec

MISSING = "missing"
UNKNOWN = "no category of this model"
RANGE = "out of this model's range"
KIND = "not a number"

Reasons = Counter[tuple[str, str]]
"""Rows by input and reason; a row may count under several inputs."""


def altered(rules: Filter, inputs: Sequence[InputSpec]) -> dict[str, str]:
    """Return which of a model's inputs a filter does not log as they were sent, and what it does to them."""
    coarsened = {rule.name for rule in rules.coarsen}
    found = {}
    for name in (spec.name for spec in inputs):
        if name in rules.encrypt:
            found[name] = "encrypted"
        elif name in rules.pseudonymise:
            found[name] = "pseudonymised"
        elif name in coarsened:
            found[name] = "coarsened"
        elif rules.mode == "strict" and name not in rules.keep:
            found[name] = "not logged (filter: strict)"
    return found


def number_of(spec: InputSpec, value: Any) -> float | str:
    """Return a recorded value as the model's number, or why there is none."""
    if value is None:
        return MISSING
    if spec.categories:
        return spec.codes.get(value, UNKNOWN) if isinstance(value, str) else UNKNOWN
    if isinstance(value, str):  # a column is text where some of its values were
        try:
            value = float(value)
        except ValueError:
            return KIND
    if isinstance(value, bool) or not isinstance(value, int | float):
        return KIND
    if not spec.minimum <= value <= spec.maximum or not math.isfinite(value):
        return RANGE
    return KIND if spec.datatype == "INT64" and value != int(value) else float(value)


def rows_of(
    inputs: Sequence[InputSpec],
    values: Sequence[Sequence[Any]],
    filtered: Sequence[Mapping[str, str]],
    reasons: Reasons,
) -> list[list[float] | None]:
    """Return each row as the model's numbers, None where it cannot be given to it; `reasons` is added to.

    `filtered` says by row what `altered` said of the filter that it was logged by.
    """
    return [_row(inputs, row, changed, reasons) for row, changed in zip(values, filtered, strict=True)]


def _row(
    inputs: Sequence[InputSpec], row: Sequence[Any], changed: Mapping[str, str], reasons: Reasons
) -> list[float] | None:
    numbers: list[float] = []
    for spec, value in zip(inputs, row, strict=True):
        found = changed.get(spec.name) or number_of(spec, value)
        if isinstance(found, str):
            reasons[spec.name, found] += 1
        else:
            numbers.append(found)
    return numbers if len(numbers) == len(inputs) else None
