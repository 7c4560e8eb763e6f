"""The page of measured rollouts."""

from __future__ import annotations

import pytest

from benchmarks.rollouts.page import BEGIN, END, lines, notes, page
from benchmarks.rollouts.row import Figure, Outcome, Reached, Row, Scale


async def _never(scale: Scale) -> Reached:
    raise AssertionError(scale)


MISSED = Outcome(
    Row("slow", "Rolled back", "30 ms slower", "rolled back", _never),
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
        ("30 ms slower", "1,200", "2", "rolled back", "rolled back 0 (≥ 1, missed)", "missed"),
        ("a good one", "–", "–", "promoted", "OSError: no memory", "not measured"),
    ]


def test_what_the_gateway_said_is_quoted() -> None:
    """And what else is to be told."""
    assert notes(MISSED) == ["30 ms slower: “it is slower”", "30 ms slower: 2 × status 502"]
    assert notes(ABSENT) == []


def test_what_stands_outside_the_marks_stays() -> None:
    """Each group has its heading, and its own tables."""
    text = page(f"# Mine\n{BEGIN}\nold\n{END}\nlast words\n", [MISSED, ABSENT], {"kernel": "Linux 6.1"})
    assert text.startswith(f"# Mine\n{BEGIN}\n\n## Rolled back\n")
    assert text.endswith(f"{END}\nlast words\n")
    assert "old" not in text
    assert "## Promoted\n" in text
    assert "| a |\n| --- |\n| 1 |\n" in text
    assert "- kernel: Linux 6.1\n" in text


def test_a_page_that_is_new_has_an_introduction() -> None:
    """And is written again in place."""
    first = page("", [MISSED], {})
    assert first.startswith("# Rollouts, measured\n")
    assert page(first, [MISSED], {}) == first


def test_a_page_without_its_end_is_refused() -> None:
    """Rather than losing what followed."""
    with pytest.raises(ValueError, match="put it where the tables end"):
        page(f"{BEGIN} and no end", [MISSED], {})
