"""A route as a picture: its entrance on the left, a band to each version that is as wide as its share.

Pure geometry, in a square of 100 by 100 that the page stretches: each version has an equal part of the height
on the right, where its box stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

TRUNK: Final = 70.0
"""Height of all bands together at the entrance, at most."""
FILL: Final = 0.9
"""The part of a box's height that a band may fill at most."""


def bands(shares: Sequence[float], widths: Sequence[float] | None = None) -> list[str]:
    """Return an SVG path for each share (in percent), from the entrance to the version's place.

    `widths` are other shares to draw along the same ways: those that were served where `shares` were asked.
    A share of nothing has an empty path.
    """
    if not shares:
        return []
    slot = 100.0 / len(shares)
    drawn = list(shares if widths is None else widths)
    scale = min(TRUNK, FILL * slot * 100 / max([*shares, *drawn, 1e-9])) / 100
    top = 50.0 - scale * sum(shares) / 2
    found = []
    for place, (share, width) in enumerate(zip(shares, drawn, strict=True)):
        left, right = top + scale * share / 2, (place + 0.5) * slot
        top += scale * share
        found.append(_band(left, right, scale * width / 2) if width > 0 else "")
    return found


def _band(left: float, right: float, half: float) -> str:
    above = f"M0 {left - half:.2f}C50 {left - half:.2f} 50 {right - half:.2f} 100 {right - half:.2f}"
    below = f"V{right + half:.2f}C50 {right + half:.2f} 50 {left + half:.2f} 0 {left + half:.2f}Z"
    return above + below
