"""How many different keys there are, in bounded memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.whatif.distinct import Distinct


@given(st.lists(st.text(max_size=5), max_size=60))
def test_few_are_counted_exactly(keys: list[str]) -> None:
    """However often each comes."""
    found = Distinct(most=64)
    for key in keys:
        found.add(key)
    assert (len(found), found.is_exact) == (len(set(keys)), True)


def test_many_are_estimated_in_bounded_memory() -> None:
    """Within a few standard errors; keys that come again change nothing."""
    found = Distinct(most=2000)
    for _ in range(2):
        for n in range(100_000):
            found.add(f"user {n}")
    assert len(found) == pytest.approx(100_000, rel=0.1)
    assert not found.is_exact
    assert len(found._hashes) <= 2000
