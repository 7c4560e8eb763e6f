"""The command `python -m benchmarks.rollouts`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.rollouts import __main__ as rollouts
from benchmarks.rollouts.row import QUICK, Figure, Reached, Row, Scale


async def _fine(scale: Scale) -> Reached:
    return Reached(scale.kills, 0, (Figure("failed", 0, most=0),), tables=((("a",), [("1",)]),))


async def _broken(scale: Scale) -> Reached:
    raise RuntimeError(f"no gateway for {scale.kills}")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A command that ends nobody and writes its page elsewhere."""
    monkeypatch.setattr(rollouts, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(rollouts, "end_in_order", lambda: None)
    monkeypatch.setattr(rollouts, "allow_many_files", lambda: None)
    return tmp_path / "page.md"


def test_every_row_has_a_name_of_its_own() -> None:
    """`--only` could not tell two apart; and the issue asks for these at least."""
    names = [row.name for row in rollouts.ROWS]
    assert len(set(names)) == len(names)
    asked = "good slow errors users crash hang outputs verdicts promotions switches kills incident"
    assert set(asked.split()) <= set(names)


def test_a_row_that_cannot_be_measured_does_not_end_the_others() -> None:
    """Its reason is kept."""
    broken = rollouts.outcome(Row("broken", "", "", "", _broken), QUICK)
    assert (broken.verdict, broken.problem) == ("not measured", "RuntimeError: no gateway for 12")


@pytest.mark.parametrize(("run", "code"), [(_fine, 0), (_broken, 1)])
def test_the_exit_code_is_the_verdict(
    run: object, code: int, monkeypatch: pytest.MonkeyPatch, page: Path
) -> None:
    """A quick run leaves the page alone, a full one writes it."""
    monkeypatch.setattr(rollouts, "ROWS", (Row("one", "group", "what", "", run),))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "argv", ["rollouts", "--quick"])
    assert rollouts.main() == code
    assert not page.exists()
    monkeypatch.setattr(sys, "argv", ["rollouts"])
    assert rollouts.main() == code
    assert "## group\n" in page.read_text()


def test_an_unknown_row_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With those that there are."""
    monkeypatch.setattr(sys, "argv", ["rollouts", "--only", "kills,klls"])
    with pytest.raises(SystemExit):
        rollouts.main()
    assert "unknown row: klls; choose from good," in capsys.readouterr().err
