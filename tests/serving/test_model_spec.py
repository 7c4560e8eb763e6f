"""The values that describe a model version."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from gateway.serving.model_spec import InputSpec, ModelSpec


def test_codes_are_places_in_the_list() -> None:
    """A category is encoded as its place in the list, whatever the order of the alphabet."""
    assert InputSpec("kind", "BYTES", categories=("car", "bus")).codes == {"car": 0.0, "bus": 1.0}


def test_inputs_and_outputs_are_found_by_name(spec: ModelSpec) -> None:
    """Both are found by name, and keep the order of the model's columns."""
    assert list(spec.input_by_name) == ["hour", "kind", "speed"]
    assert spec.output_by_name["sure"].threshold == 0.75


def test_a_spec_cannot_be_changed(spec: ModelSpec) -> None:
    """What was loaded stays as it is for as long as the process lives."""
    with pytest.raises(FrozenInstanceError):
        spec.name = "other"  # type: ignore[misc]
