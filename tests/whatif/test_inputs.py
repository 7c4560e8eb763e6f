"""Recorded inputs as rows of a model."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.coarsen import coarsened
from gateway.requestlog.policy import Coarsen, Filter
from gateway.serving.model_spec import InputSpec
from gateway.whatif.inputs import KIND, MISSING, RANGE, UNKNOWN, Reasons, altered, number_of, rows_of

HOUR = InputSpec("hour", "INT64", minimum=0, maximum=23)
BUS = InputSpec("kind", "BYTES", categories=("car", "bus"))
SPEED = InputSpec("speed", "FP64", minimum=-1.5, maximum=40)
INPUTS = (HOUR, BUS, SPEED)


@pytest.mark.parametrize(
    ("spec", "value", "expected"),
    [
        (HOUR, 7, 7.0),
        (HOUR, 7.0, 7.0),
        (HOUR, "7", 7.0),
        (HOUR, 7.5, KIND),
        (HOUR, 24, RANGE),
        (HOUR, True, KIND),
        (HOUR, "18..30", KIND),
        (HOUR, "nan", RANGE),
        (HOUR, None, MISSING),
        (BUS, "bus", 1.0),
        (BUS, "p_0123", UNKNOWN),
        (BUS, "enc1:abcd", UNKNOWN),
        (BUS, 1, UNKNOWN),
        (SPEED, -1.5, -1.5),
        (SPEED, float("inf"), RANGE),
        (SPEED, "[card]", KIND),
    ],
)
def test_a_value_is_the_models_number_or_has_a_reason(
    spec: InputSpec, value: Any, expected: float | str
) -> None:
    """As the model service would take it."""
    assert number_of(spec, value) == expected


def test_a_row_is_whole_or_not_at_all() -> None:
    """What is wrong is counted by input, several times where several are."""
    reasons: Reasons = Counter()
    values = [(7, "bus", 3.5), (None, "boat", 3.5), (8, "car", 1)]
    found = rows_of(INPUTS, values, [{}, {}, {"speed": "coarsened"}], reasons)
    assert found == [[7.0, 1.0, 3.5], None, None]
    assert reasons == {("hour", MISSING): 1, ("kind", UNKNOWN): 1, ("speed", "coarsened"): 1}


def test_filters_are_told_apart() -> None:
    """The strictest rule wins, as in the log itself; a strict filter leaves out what it does not name."""
    rules = Filter(
        mode="strict",
        keep=("hour", "speed"),
        coarsen=(Coarsen("speed", "round", 5),),
        pseudonymise=("kind",),
        encrypt=("kind",),
    )
    assert altered(rules, INPUTS) == {"kind": "encrypted", "speed": "coarsened"}
    assert altered(Filter(mode="strict"), INPUTS) == dict.fromkeys(
        ("hour", "kind", "speed"), "not logged (filter: strict)"
    )
    assert altered(Filter(pseudonymise=("kind",)), INPUTS) == {"kind": "pseudonymised"}
    assert altered(Filter(), INPUTS) == {}


@given(st.floats(-1.5, 40), st.floats(0.5, 10))
def test_a_coarsened_value_is_never_taken_for_what_was_sent(value: float, by: float) -> None:
    """Even where it would be a valid one."""
    rule = Coarsen("speed", "round", by)
    changed = altered(Filter(coarsen=(rule,)), INPUTS)
    assert rows_of((SPEED,), [(coarsened(rule, value),)], [changed], Counter()) == [None]
