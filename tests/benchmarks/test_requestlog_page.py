"""The page of the measured request log."""

from __future__ import annotations

import pytest

from benchmarks.requestlog.page import BEGIN, END, lines, notes, page
from benchmarks.requestlog.row import FULL, Figure, Outcome, Reached, Row, Scale


def run(scale: Scale) -> Reached:
    """What a row would reach."""
    return Reached(
        1_000, 0, (Figure("dropped", 0, most=0),), notes=("all is well",), tables=((("a",), [("b",)]),)
    )


ROW = Row("one", "What it bears", "many answers", "0 dropped", run)
DONE = Outcome(ROW, run(FULL), 2.0)
NOT = Outcome(ROW, None, 0.0, "no nginx")


def test_a_row_says_what_was_reached() -> None:
    """With its verdict; one that could not be measured says why."""
    assert lines([DONE, NOT]) == [
        ("many answers", "1,000", "0", "0 dropped", "dropped 0 (≤ 0)", "met"),
        ("many answers", "–", "–", "0 dropped", "no nginx", "not measured"),
    ]
    assert (notes(DONE), notes(NOT)) == (["many answers: all is well"], [])


def test_only_what_is_between_the_marks_is_written_anew() -> None:
    """What people wrote around it stays; a new page has an introduction."""
    first = page("", [DONE], {"machine": "2 cores"})
    assert first.startswith("# The request log, measured")
    again = page(f"kept\n{BEGIN}\nold\n{END}\nkept too", [DONE, NOT], {"machine": "2 cores"})
    assert again.startswith("kept\n")
    assert again.endswith(f"{END}\nkept too")
    assert "old" not in again
    assert "- machine: 2 cores\n- all rows together: 2 s" in again


def test_a_page_without_an_end_is_left_alone() -> None:
    """Nothing behind the mark is lost by mistake."""
    with pytest.raises(ValueError, match="put it where the tables end"):
        page(f"{BEGIN}\nold", [DONE], {})
