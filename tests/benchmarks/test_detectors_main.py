"""The command `python -m benchmarks.detectors`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.detectors import __main__ as detectors
from benchmarks.detectors.page import BEGIN, END, Results
from benchmarks.detectors.streams import SPELLS, TEXTBOOK
from benchmarks.detectors.trial import Found


@pytest.mark.parametrize(("alarms", "code"), [((0,) * 50, 0), ((1,) * 50, 1)])
def test_the_exit_code_is_1_beyond_the_bound(
    alarms: tuple[int, ...], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a full run writes the page."""
    row = [Found(case, alarms) for case in TEXTBOOK]
    found = Results({"ours": row}, {"ours": row}, [Found(SPELLS[0], (0,) * 50)])
    page = tmp_path / "detectors.md"
    page.write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
    monkeypatch.setattr(detectors, "run_all", lambda streams: found)
    monkeypatch.setattr(detectors, "PAGE", page)
    monkeypatch.setattr(sys, "argv", ["detectors"])
    assert detectors.main() == code
    assert "### Days in spells" in page.read_text(encoding="utf-8")


def test_the_page_in_the_repository_can_be_written() -> None:
    """It has the marks between which the results stand."""
    text = detectors.PAGE.read_text(encoding="utf-8")
    assert text.index(BEGIN) < text.index(END)
