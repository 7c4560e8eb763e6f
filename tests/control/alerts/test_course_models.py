"""The shape of values over time."""

from __future__ import annotations

from typing import get_args

from gateway.control.alerts.course_models import Course, Spread
from gateway.routing.watches import GROUPS
from gateway.watching.basis import Basis


def test_groups_and_sources_are_those_that_are_watched() -> None:
    """One that is new is told here as well."""
    assert get_args(Course.model_fields["group"].annotation) == GROUPS
    told = get_args(Spread.model_fields["reference_of"].annotation)
    assert set(told) == {"training", Basis("first").source}
