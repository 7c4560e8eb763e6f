"""The page of a kind of measurement."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measured.page import Page, lines, notes
from benchmarks.measured.row import Figure, Outcome, Reached, Row

PAGE = Page(Path("page.md"), "faults", "# Faults\n", failed="bad answers")


def _never(scale: int) -> Reached:
    raise AssertionError(scale)


MISSED = Outcome(
    Row("slow", "Rolled back", "30 ms | slower", "rolled back", _never),
    Reached(
        1200,
        2,
        (Figure("rolled back", 0, least=1),),
        "it is slower",
        ("2 × status 502",),
        ((("a",), [("1",)]),),
    ),
    3.0,
)
ABSENT = Outcome(Row("good", "Promoted", "a good one", "promoted", _never), None, 1.5, "OSError: no memory")


def test_a_line_has_every_cell() -> None:
    """Why a row could not be measured stands where its figures would."""
    assert lines([MISSED, ABSENT]) == [
        ("30 ms | slower", "1,200", "2", "rolled back", "rolled back 0 (≥ 1, missed)", "missed"),
        ("a good one", "–", "–", "promoted", "OSError: no memory", "not measured"),
    ]


def test_what_the_gateway_said_is_quoted() -> None:
    """And what else is to be told."""
    assert notes(MISSED) == ["30 ms | slower: “it is slower”", "30 ms | slower: 2 × status 502"]
    assert notes(ABSENT) == []


def test_what_stands_outside_the_marks_stays() -> None:
    """Each group has its heading, and its own tables."""
    old = f"# Mine\n{PAGE.begin}\nold\n{PAGE.end}\nlast words\n"
    text = PAGE.written(old, [MISSED, ABSENT], {"kernel": "Linux 6.1"})
    assert text.startswith(f"# Mine\n{PAGE.begin}\n\n## Rolled back\n")
    assert text.endswith(f"{PAGE.end}\nlast words\n")
    assert "old" not in text
    assert "## Promoted\n" in text
    assert "| what | requests | bad answers |" in text
    assert "| a |\n| --- |\n| 1 |\n" in text
    assert "- kernel: Linux 6.1\n- all rows together: 4 s" in text  # 4.5 s, rounded to even


def test_bars_within_a_cell_are_escaped() -> None:
    """Or the table would have one column more."""
    assert "| 30 ms \\| slower | 1,200 | 2 |" in PAGE.written("", [MISSED], {})


def test_a_page_that_is_new_has_an_introduction() -> None:
    """And is written again in place."""
    first = PAGE.written("", [MISSED], {})
    assert first.startswith(f"# Faults\n\n{PAGE.begin}\n")
    assert PAGE.written(first, [MISSED], {}) == first


def test_a_page_without_its_end_is_refused() -> None:
    """Rather than losing what followed."""
    with pytest.raises(ValueError, match="put it where the tables end"):
        PAGE.written(f"{PAGE.begin} and no end", [MISSED], {})
