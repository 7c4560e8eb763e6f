"""The arithmetic of the dashboard's bench: what a page that stays open costs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.dashboard import Held, growth, written
from benchmarks.dashboard_errands import Errand


@given(first=st.integers(0, 10**8), step=st.integers(0, 10**6), minutes=st.integers(8, 60))
def test_steady_growth_is_told_and_a_level_is_none(first: int, step: int, minutes: int) -> None:
    """What grows every minute grows in the second half by some minutes of it; what is level by nothing."""
    heap, nodes = growth([Held(minute, first + step * minute, 7) for minute in range(minutes + 1)])
    assert step * 2 <= heap <= step * minutes
    assert nodes == 0


def test_a_start_that_settles_is_no_growth() -> None:
    """Charts fill up in the first half: only what comes after counts."""
    course = [Held(minute, min(minute, 10) * 1000, min(minute, 5)) for minute in range(31)]
    assert growth(course) == (0, 0)


def test_the_page_has_every_figure() -> None:
    """Each first paint, errand and open page has its row."""
    text = written({"/sql": 120.4}, [Errand("change a weight", 2, 1, 1.26)], {"/": [Held(0, 10**6, 5)] * 9})
    assert "| /sql | 120 |" in text
    assert "| change a weight | 2 | 1 | 1.3 |" in text
    assert "| / | 1.00 | 1.00 | 1.00 | 0 | +0 |" in text
    assert "open for 8 real minutes" in text
