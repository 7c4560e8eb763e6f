"""Charts."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks.prove.drawing import Axis, Line, chart

ACROSS = Axis("requests", 1, 1000, True, (1, 10, 100, 1000))
UP = Axis("a < b", 0, 1, ticks=(0, 0.5, 1), percent=True)


def test_a_chart_is_well_formed_and_says_what_it_shows() -> None:
    """Names are escaped; there is a curve for each line, and the bar."""
    picture = chart("A & B", ACROSS, UP, [Line("x", [(1, 0), (1000, 1)], 0)], (0.05, "α"))
    root = ElementTree.fromstring(picture)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A & B", "requests", "a < b", "x", "α", "50 %", "1,000"} <= set(texts)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) == 1


def test_dark_pages_have_colours_of_their_own() -> None:
    """The same picture is read on both."""
    assert "prefers-color-scheme: dark" in chart("t", ACROSS, UP, [])


def test_places_are_between_the_ends() -> None:
    """Linear and logarithmic; what lies outside is drawn at the edge."""
    assert ACROSS.place(10) == pytest.approx(1 / 3)
    assert [ACROSS.place(0), ACROSS.place(5_000)] == [0, 1]
    assert UP.place(0.25) == 0.25


def test_ticks_may_be_powers() -> None:
    """The value is a logarithm, its name is not."""
    assert Axis("e", -1, 4, power=True).name(3) == "1,000"
    assert Axis("e", -1, 4, power=True).name(-1) == "0.1"


def test_points_closer_than_a_pixel_are_left_out() -> None:
    """A thousand points on a hundred pixels would only make the file large; the last one stays."""
    line = Line("", [(1 + place / 10_000, place / 1000) for place in range(1001)], 0)
    root = ElementTree.fromstring(chart("t", ACROSS, UP, [line]))
    (drawn,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    points = drawn.attrib["points"].split()
    assert 2 <= len(points) < 15
    assert points[-1].endswith(",40.0")
