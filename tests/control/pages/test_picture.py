"""The picture of a route: each band is as wide as its share and ends at its box."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.pages.picture import bands

NUMBER = re.compile(r"-?\d+\.\d+|\d+")


def ends(path: str) -> tuple[float, float, float, float]:
    """Where a band begins and ends: upper and lower edge on the left, then on the right."""
    found = [float(text) for text in NUMBER.findall(path)]
    return found[1], found[-1], found[7], found[8]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_bands_are_as_wide_as_their_shares(weights: list[int]) -> None:
    """They lie side by side at the entrance, stay within the picture and end in the middle of their boxes."""
    shares = [100 * weight / sum(weights) for weight in weights]
    found = bands(shares)
    below = None
    top, bottom, *_ = ends(found[shares.index(max(shares))])
    scale = (bottom - top) / max(shares)
    for place, (share, path) in enumerate(zip(shares, found, strict=True)):
        if not share:
            assert path == ""
            continue
        top, bottom, right_top, right_bottom = ends(path)
        assert min(top, right_top) >= -0.02
        assert max(bottom, right_bottom) <= 100.02
        assert (right_top + right_bottom) / 2 == pytest.approx((place + 0.5) * 100 / len(shares), abs=0.02)
        assert bottom - top == pytest.approx(right_bottom - right_top, abs=0.03)
        assert below is None or top == pytest.approx(below, abs=0.03)
        below = bottom
        assert bottom - top == pytest.approx(scale * share, abs=0.05)


def test_what_was_served_is_drawn_along_the_asked_ways() -> None:
    """Around the same middle, as wide as it was; nothing served is nothing drawn."""
    asked, served = bands([50, 50], [100, 0]), bands([50, 50])
    one, other = ends(asked[0]), ends(served[0])
    assert asked[1] == ""
    assert one[2] + one[3] == pytest.approx(other[2] + other[3], abs=0.02)


def test_a_route_without_versions_has_no_picture() -> None:
    """Nothing breaks."""
    assert bands([]) == []
