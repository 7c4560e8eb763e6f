"""What does not fit into a frame saturates or is cut off, and never raises."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.frame import HEAD, NO_ID, NO_SPAN
from gateway.requestlog.frame_fields import (
    LONGEST,
    LONGEST_TYPE,
    MOST_ATTEMPTS,
    MOST_MICROSECONDS,
    microseconds,
    short,
    short_type,
)


@given(st.floats(-1e6, 1e12))
def test_a_duration_fits_whatever_it_is(seconds: float) -> None:
    """Longer than 71 minutes is written as that, and a clock gone back as nothing."""
    found = microseconds(seconds)
    assert 0 <= found <= MOST_MICROSECONDS
    if 0 <= seconds <= 4_000:
        assert abs(found - seconds * 1e6) <= 1


@given(st.integers(0, 3 * LONGEST))
def test_a_text_fits_whatever_its_length(length: int) -> None:
    """It keeps its beginning."""
    text = bytes(index % 251 for index in range(min(length, 300))).ljust(length, b"x")
    assert short(text) == text[:LONGEST]
    assert short_type(text) == text[:LONGEST_TYPE]


def test_the_limits_are_those_of_the_layout() -> None:
    """Every number of a frame can be the largest that there is."""
    ids = (NO_ID, NO_ID, NO_SPAN, NO_SPAN)
    HEAD.pack(
        2**32 - 1, 255, 2**63, 2**63, 2**63, 2**63, *ids, *[MOST_MICROSECONDS] * 3, 2**32 - 1, 2**32 - 1,
        LONGEST, *[LONGEST_TYPE] * 2, MOST_ATTEMPTS, 2**32 - 1, 999, *[LONGEST] * 4, LONGEST_TYPE, 8, 3,
    )  # fmt: skip
