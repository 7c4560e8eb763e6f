"""So often for each caller, and then it has to wait."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.problems import Refusal
from gateway.control.queries.allowance import MOST_CALLERS, Allowance


def is_given(allowance: Allowance, caller: str) -> bool:
    """Ask once."""
    try:
        allowance.take(caller)
    except Refusal:
        return False
    return True


@given(st.lists(st.integers(0, 32).map(lambda eighths: eighths / 8), max_size=60))
def test_never_more_often_than_allowed_within_any_window(pauses: list[float]) -> None:
    """Whenever somebody asks; and whoever waits as long as they were told is let through."""
    now = 0.0
    allowance = Allowance(3, 10.0, lambda: now)
    passed: list[float] = []
    for pause in pauses:
        now += pause
        try:
            allowance.take("ann")
        except Refusal as refusal:
            now += int((refusal.headers or {})["retry-after"])
            allowance.take("ann")
        passed.append(now)
    assert all(later - earlier >= 10.0 for earlier, later in zip(passed, passed[3:], strict=False))


def test_each_caller_has_its_own() -> None:
    """And the table of them is bounded: who has not asked for longest is forgotten."""
    allowance = Allowance(1, 60.0, lambda: 0.0)
    assert is_given(allowance, "ann")
    assert is_given(allowance, "bob")
    with pytest.raises(Refusal, match="1 times in 60 s, and you did; wait 60 s"):
        allowance.take("ann")
    for number in range(MOST_CALLERS - 1):
        allowance.take(f"caller {number}")
    assert not is_given(allowance, "ann")
    assert is_given(allowance, "bob")
