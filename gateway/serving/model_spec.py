"""What a model version takes and answers, as values.

Everything else in this room is written against these: model.yaml is read into them, requests are checked
against them, the metadata endpoint shows them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gateway.serving.reference import References


@dataclass(frozen=True)
class InputSpec:
    """One input: BYTES with categories, or FP64 or INT64 between `minimum` and `maximum` (both allowed)."""

    name: str
    datatype: str
    unit: str = ""
    minimum: float = -math.inf
    maximum: float = math.inf
    categories: tuple[str, ...] = ()
    example: float | str | None = None

    @cached_property
    def codes(self) -> Mapping[str, float]:
        """The number that stands for each category: its place in the list."""
        return {category: float(code) for code, category in enumerate(self.categories)}


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One output: FP64 is the probability of the second class, BOOL whether it reaches the threshold."""

    name: str
    datatype: str
    threshold: float = 0.5


@dataclass(frozen=True)
class ModelSpec:
    """What a model version is called, what it takes (in the order of its columns) and what it answers."""

    name: str
    version: str
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    description: str = ""
    reference: References = field(default_factory=References)

    @cached_property
    def input_by_name(self) -> Mapping[str, InputSpec]:
        """The inputs by their names."""
        return {spec.name: spec for spec in self.inputs}

    @cached_property
    def output_by_name(self) -> Mapping[str, OutputSpec]:
        """The outputs by their names."""
        return {spec.name: spec for spec in self.outputs}
