"""The page of the detectors says what was found."""

from __future__ import annotations

import pytest

from benchmarks.detectors.page import BEGIN, END, Results, sections, with_part
from benchmarks.detectors.streams import SPELLS, TEXTBOOK
from benchmarks.detectors.trial import Found

SAME = Found(TEXTBOOK[0], (0,) * 97 + (5, 6, 7))
STEEP = Found(TEXTBOOK[1], (30_300,) * 19 + (0,))
GENTLE = Found(TEXTBOOK[2], (10,) * 11 + (40_000,) * 9)


def results(spell: Found) -> Results:
    """Return results in which only the spells differ."""
    return Results({"ours": [SAME, STEEP, GENTLE]}, {"ours": [SAME, STEEP, GENTLE]}, [spell])


def test_tables_tell_rates_and_delays() -> None:
    """False alarms with their interval; delays, or that most were alarmed before."""
    text = "\n".join(sections(results(Found(SPELLS[2], (0, 3))), 12.0))
    assert "| ours | 3.0% | 0.6% … 8.5% | 300 / 300 | alarmed before |" in text
    assert "| 0.3, by the day | 2 | 50.0% |" in text
    assert "took 12 s" in text


def test_only_what_is_guaranteed_can_be_missed() -> None:
    """Days that are not alike must keep the rate; days in spells are reported as they are."""
    bad = (1,) * 50 + (0,) * 50
    assert "0, by the day" in results(Found(SPELLS[0], bad)).missed
    assert "0.3, by the day" not in results(Found(SPELLS[2], bad)).missed


def test_a_part_of_the_page_is_replaced() -> None:
    """What stands outside the marks stays; without marks nothing is written."""
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert with_part(page, BEGIN, END, ["new"]) == f"before\n{BEGIN}\n\nnew\n{END}\nafter\n"
    with pytest.raises(ValueError, match="lacks its marks"):
        with_part("nothing", BEGIN, END, [])
