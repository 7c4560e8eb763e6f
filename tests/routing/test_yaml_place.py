"""Where the YAML parser stopped."""

from __future__ import annotations

import yaml

from gateway.routing.yaml_place import Place, place_of


def stopped(text: str) -> Place:
    """Return the place at which the parser gives up on a text."""
    try:
        list(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        return place_of(error, text.split("\n"))
    raise AssertionError("the text was accepted")


def test_a_place_knows_what_stands_around_it() -> None:
    """Character, text before it, and the beginning of what was being read are at hand."""
    place = stopped("# x\nweights: {a: 1\n  b: 2}\n")
    assert (place.line, place.char, place.before) == (3, ":", "  b")
    assert (place.begun_line, place.begun_char) == (2, "{")
    assert place.above() == 2
    assert str(place.here("x")) == "3:4: x"
    assert str(place.begun("x")) == "2:10: x"


def test_the_end_of_the_file_is_its_last_line_with_content() -> None:
    """A complaint about the end does not point behind the last line."""
    place = stopped("a: {b: 1\n\n\n")
    assert (place.line, place.column) == (1, 9)
    assert place.at_end


def test_nothing_stands_above_the_first_line() -> None:
    """Comments and empty lines do not count as the line above."""
    assert Place(["", "# x", "a"], 3, 1, 3, 1).above() == 0
