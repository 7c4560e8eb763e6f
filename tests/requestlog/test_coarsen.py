"""Less precision, on purpose."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.coarsen import coarsened
from gateway.requestlog.policy import Coarsen

TENS = Coarsen("age", "round", 10)
AGES = Coarsen("age", "buckets", edges=(18, 30, 65))
anything = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@pytest.mark.parametrize(
    ("by", "value", "expected"),
    [
        (10, 44, 40),
        (10, 45, 50),
        (10, -44, -40),
        (0.1, 0.3141, 0.3),
        (0.25, 1.1, 1.0),
        (0.001, 3, 3.0),
        (1000, 2.5, 0),
        (10, 2**60 + 3, (2**60 + 3 + 5) // 10 * 10),
    ],
)
def test_round(by: float, value: float, expected: float) -> None:
    """A number becomes the nearest multiple, without digits that no multiple has."""
    found = coarsened(Coarsen("x", "round", by), value)
    assert repr(found) == repr(expected) or found == expected


@pytest.mark.parametrize(
    ("by", "value", "expected"),
    [(2, "90210", "90"), (3, "ab", "ab"), (10, 49, 40), (10, -1, -10), (0.5, 1.9, 1.5), (2, "äöü", "äö")],
)
def test_truncate(by: float, value: Any, expected: Any) -> None:
    """A text keeps its first characters, a number becomes the multiple below."""
    assert coarsened(Coarsen("x", "truncate", by), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, "..18"), (18, "18..30"), (29.9, "18..30"), (64, "30..65"), (65, "65.."), (-1e9, "..18")],
)
def test_buckets(value: float, expected: str) -> None:
    """A number becomes the range it lies in, as text; the lower edge belongs to it."""
    assert coarsened(AGES, value) == expected


@pytest.mark.parametrize("rule", [TENS, AGES, Coarsen("x", "truncate", 0.001), Coarsen("x", "round", 0.0)])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, True, None, {"a": 1}])
def test_what_a_rule_is_not_for_is_left_out(rule: Coarsen, value: Any) -> None:
    """Text under `round`, a boolean, an object, what is no number: None, never the value."""
    assert coarsened(rule, value) is None
    assert coarsened(TENS, "44") is None
    assert coarsened(AGES, "44") is None
    assert coarsened(Coarsen("x", "round", 1e-300), 1e300) is None
    assert coarsened(Coarsen("x", "buckets"), 1) is None


def test_each_value_of_a_row() -> None:
    """A row of several values is coarsened value by value."""
    assert coarsened(TENS, [44, "x", [1.0]]) == [40, None, [0]]


@given(value=anything, by=st.floats(1e-9, 1e9), kind=st.sampled_from(["round", "truncate"]))
def test_never_an_exception(value: Any, by: float, kind: Any) -> None:
    """Whatever comes, there is an answer: None, a shorter text, or a number at most one step away."""
    found = coarsened(Coarsen("x", kind, by), value)
    if isinstance(found, str):
        assert value.startswith(found)
        assert len(found) <= by
    elif found is not None and abs(value) < 1e12:
        assert abs(found - value) <= by * 1.001 + 1e-6 * abs(value)


@given(value=st.integers(-(10**9), 10**9), by=st.integers(1, 10**6))
def test_coarsening_twice_changes_nothing(value: int, by: int) -> None:
    """A multiple stays what it is."""
    for kind in ("round", "truncate"):
        rule = Coarsen("x", kind, by)
        once = coarsened(rule, value)
        assert once % by == 0
        assert coarsened(rule, once) == once
