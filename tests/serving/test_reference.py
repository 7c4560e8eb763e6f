"""References are plain values."""

from __future__ import annotations

from gateway.serving.reference import Reference, References


def test_a_model_without_references_has_none() -> None:
    """Nothing said is nothing known, and a value missing never is the default."""
    assert (References().inputs, References().outputs) == ({}, {})
    assert Reference((3, 4), 7).missing == 0
