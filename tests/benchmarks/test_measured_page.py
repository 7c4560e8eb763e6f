"""The page of a kind of measurement."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measured.page import Page, lines, notes
from benchmarks.measured.row import Figure, Outcome, Reached, Row


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


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """A page that is not there yet."""
    return Page(tmp_path / "page.md", "faults", "# Faults\n", failed="bad answers")


def test_what_stands_outside_the_marks_stays(page: Page) -> None:
    """Each group has its heading, and its own tables."""
    page.file.write_text(f"# Mine\n{page.begin}\nold\n{page.end}\nlast words\n")
    page.write([MISSED, ABSENT], {"kernel": "Linux 6.1"})
    text = page.file.read_text()
    assert text.startswith(f"# Mine\n{page.begin}\n\n## Rolled back\n")
    assert text.endswith(f"{page.end}\nlast words\n")
    assert "old" not in text
    assert "## Promoted\n" in text
    assert "| what | requests | bad answers |" in text
    assert "| a |\n| --- |\n| 1 |\n" in text
    assert "- kernel: Linux 6.1\n- all rows together: 4 s" in text  # 4.5 s, rounded to even


def test_bars_within_a_cell_are_escaped(page: Page) -> None:
    """Or the table would have one column more."""
    page.write([MISSED], {})
    assert "| 30 ms \\| slower | 1,200 | 2 |" in page.file.read_text()


def test_a_page_that_is_new_has_an_introduction(page: Page) -> None:
    """And is written again in place."""
    page.write([MISSED], {})
    first = page.file.read_text()
    assert first.startswith(f"# Faults\n\n{page.begin}\n")
    page.write([MISSED], {})
    assert page.file.read_text() == first


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<!--faults-->\n<!-- /faults -->\n", "no <!-- faults -->: put it where the tables begin"),
        ("<!-- faults --> and no end", "no <!-- /faults -->: put it where the tables end"),
    ],
)
def test_a_page_without_a_mark_is_refused(page: Page, text: str, told: str) -> None:
    """Rather than losing what people wrote."""
    page.file.write_text(text)
    with pytest.raises(ValueError, match=told):
        page.write([MISSED], {})
    assert page.file.read_text() == text
