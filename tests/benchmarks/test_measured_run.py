"""The command of a kind of measurement."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from benchmarks.measured import run as measured
from benchmarks.measured.page import Page
from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.measured.run import Measurements, outcome, run


async def _fine(scale: int) -> Reached:
    return Reached(scale, 0, (Figure("failed", 0, most=0),), notes=("well",), tables=((("a",), [("1",)]),))


async def _broken(scale: int) -> Reached:
    raise RuntimeError(f"no gateway for {scale}")


async def _hanging(scale: int) -> Reached:
    await asyncio.Event().wait()
    raise AssertionError(scale)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Page:
    """A page elsewhere, of a command that changes nothing about the process it runs in."""
    monkeypatch.setattr(measured, "end_in_order", lambda: None)
    monkeypatch.setattr(measured, "allow_many_files", lambda: None)
    return Page(tmp_path / "page.md", "page", "# Page\n")


def _of(page: Page, *rows: Row[int]) -> Measurements[int]:
    return Measurements("benchmarks.few", "Few", rows, 2, 1, page)


def test_a_row_that_cannot_be_measured_does_not_end_the_others(page: Page) -> None:
    """Its reason is kept, and the exit code tells that not all is met."""
    rows = (Row("broken", "group", "broken", "", _broken), Row("fine", "group", "fine", "", _fine))
    assert run(_of(page, *rows), []) == 1
    text = page.file.read_text()
    assert "| broken | – | – |  | RuntimeError: no gateway for 2 | not measured |" in text
    assert "| fine | 2 | 0 |  | failed 0 (≤ 0) | met |" in text


def test_a_quick_run_or_a_choice_leaves_the_page_alone(page: Page) -> None:
    """Figures of less than everything are for looking at."""
    scales = []

    def noted(scale: int) -> Reached:
        scales.append(scale)
        return Reached(scale, 0, ())

    rows = (Row("one", "group", "", "", _fine), Row("other", "group", "", "", noted))
    assert run(_of(page, *rows), ["--quick"]) == 0
    assert run(_of(page, *rows), ["--only", "one"]) == 0
    assert not page.file.exists()
    assert run(_of(page, *rows), []) == 0
    assert page.file.exists()
    assert scales == [1, 2]


def test_a_page_that_cannot_be_written_is_told_before_anything_is_measured(page: Page) -> None:
    """Not after minutes of work."""
    page.file.write_text("no marks")
    with pytest.raises(ValueError, match="put it where the tables begin"):
        run(_of(page, Row("one", "", "", "", _broken)), [])


def test_a_row_that_hangs_is_given_up() -> None:
    """After as long as its kind allows."""
    found = outcome(Row("hanging", "", "", "", _hanging), 1, 0.01)
    assert (found.verdict, found.problem) == ("not measured", "RuntimeError: it was given up after 0.01 s")


def test_what_a_row_misses_is_said_without_running_it() -> None:
    """A program that is not installed, for one."""
    found = outcome(Row("one", "", "", "", _broken, lambda: "no nginx"), 1, 1.0)
    assert (found.verdict, found.problem) == ("not measured", "no nginx")


def test_an_unknown_row_is_refused(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    """With those that there are."""
    with pytest.raises(SystemExit):
        run(_of(page, Row("one", "", "", "", _fine)), ["--only", "one,ohne"])
    assert "unknown row: ohne; choose from one" in capsys.readouterr().err
