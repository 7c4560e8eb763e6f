"""A target that is down is asked less and less often, but at least once a minute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.sinks.backoff import Backoff


def test_pauses_double_up_to_a_minute() -> None:
    """With the highest throw each is as long as it can be."""
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert backoff.next() == 1


@pytest.mark.parametrize(("asked", "pause"), [(0.2, 1.0), (7.0, 7.0), (9_000.0, 600.0)])
def test_what_the_target_asks_for_is_kept(asked: float, pause: float) -> None:
    """Never less, and never more than ten minutes."""
    assert Backoff(lambda: 1.0).next(asked) == pause


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_each_pause_lies_in_its_upper_half(throws: list[float]) -> None:
    """So that many gateways do not come at the same moment."""
    backoff = Backoff(iter(throws).__next__)
    for number, pause in enumerate([backoff.next() for _ in throws]):
        longest = min(60, 2**number)
        assert longest / 2 <= pause <= longest
