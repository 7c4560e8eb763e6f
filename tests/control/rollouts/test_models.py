"""The shapes of rollouts are those of the dataclasses they are made from."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args, get_type_hints

from gateway.control.rollouts.models import (
    MetricState,
    ProgressState,
    SituationState,
    StepState,
    VerdictState,
)
from gateway.rollout.decide import Gate, Situation
from gateway.rollout.verdict import MetricVerdict, Outcome, Verdict
from gateway.routing.rollouts import State, Step, Until


def test_what_is_told_whole_has_the_same_keys() -> None:
    """A number that the judge adds must be described."""
    for model, kind in (
        (MetricState, MetricVerdict),
        (VerdictState, Verdict),
        (SituationState, Situation),
        (StepState, Step),
    ):
        assert list(model.model_fields) == [field.name for field in fields(kind)]


def test_the_words_are_the_same() -> None:
    """States, outcomes, what ends a step, what hooks say."""
    assert get_args(ProgressState.model_fields["state"].annotation) == get_args(State)
    assert get_args(MetricState.model_fields["outcome"].annotation) == get_args(Outcome)
    assert get_args(StepState.model_fields["until"].annotation) == get_args(Until)
    assert get_args(get_type_hints(SituationState)["gate"]) == get_args(Gate)
