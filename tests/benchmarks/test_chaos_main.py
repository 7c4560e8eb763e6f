"""The command `python -m benchmarks.chaos`."""

from __future__ import annotations

import sys

import pytest

from benchmarks.chaos import __main__ as chaos
from benchmarks.chaos.row import QUICK, Figure, Reached, Row, Scale


async def _fine(scale: Scale) -> Reached:
    return Reached(scale.storm, 0, (Figure("failed", 0, most=0),))


async def _broken(scale: Scale) -> Reached:
    raise RuntimeError(f"no gateway for {scale.storm}")


def test_every_row_has_a_name_of_its_own() -> None:
    """`--only` could not tell two apart; and the issue asks for these at least."""
    names = [row.name for row in chaos.ROWS]
    assert len(set(names)) == len(names)
    asked = (
        "killed hanging half-failing cut slow down storm full breaker worker reload weights slowloris idle"
    )
    assert {*asked.split(), "certificate", "download", "drain", "handshakes", "removed"} <= set(names)


def test_a_row_that_cannot_be_measured_does_not_end_the_others() -> None:
    """Its reason is kept."""
    fine = chaos.outcome(Row("fine", "", "", _fine), QUICK)
    broken = chaos.outcome(Row("broken", "", "", _broken), QUICK)
    assert (fine.verdict, broken.verdict) == ("met", "not measured")
    assert broken.problem == "RuntimeError: no gateway for 1000"


@pytest.mark.parametrize(("run", "code"), [(_fine, 0), (_broken, 1)])
def test_the_exit_code_is_the_verdict(
    run: object, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """A quick run writes its results and leaves the page alone."""
    monkeypatch.setattr(chaos, "ROWS", (Row("one", "a fault", "", run),))  # type: ignore[arg-type]
    monkeypatch.setattr(chaos, "ROOT", tmp_path)
    monkeypatch.setattr(chaos, "end_in_order", lambda: None)
    monkeypatch.setattr(chaos, "allow_many_files", lambda: None)
    monkeypatch.setattr(sys, "argv", ["chaos", "--quick"])
    assert chaos.main() == code


def test_an_unknown_row_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With those that there are."""
    monkeypatch.setattr(sys, "argv", ["chaos", "--only", "killed,klled"])
    with pytest.raises(SystemExit):
        chaos.main()
    assert "unknown row: klled; choose from killed," in capsys.readouterr().err
