"""How a what-if about a model looks."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from gateway.cli.whatif_model_view import model_view
from gateway.whatif.model_report import model_report
from tests.whatif.test_model_report import SPEC, compared


def drawn(report: dict[str, Any]) -> str:
    """Draw it without colours."""
    console = Console(markup=False, width=100, color_system=None)
    with console.capture() as captured:
        console.print(model_view({"model": "m/v2", "route": "late", "recorded": 1203, **report}))
    return captured.get()


def test_everything_is_told() -> None:
    """How far it agrees, what was left out, how fast it is, and which is right."""
    text = drawn(model_report(SPEC, compared(1200, 900), []))
    for part in (
        "small v2 (m/v2) on 1,200 of 1,203 recorded predictions of route late",
        "3 rows could not be compared; none was guessed",
        "x: missing in 2",
        "nowhere do they differ clearly more than elsewhere",
        "blue, as recorded",
        "900 rows with a label",
        "rows answered by canary",
        "calibration error",
        "note: latency here",
    ):
        assert part in text


def test_segments_that_differ_are_a_table() -> None:
    """With how many rows they have."""
    report = model_report(SPEC, compared(1200, 0), [])
    one = {"input": "kind", "value": "[bus]", "rows": 77, "absolute": 0.5, "mean": -0.5, "others": 0.1}
    text = drawn({**report, "segments": {"most": [one], "all": []}})
    assert "kind = [bus]" in text
    assert "77" in text


def test_where_nothing_can_be_compared_only_the_reasons_are_told() -> None:
    """Of many reasons the most frequent ones."""
    report = model_report(SPEC, compared(0, 0), [])
    many = [{"input": f"i{n}", "why": "coarsened", "rows": 9} for n in range(20)]
    text = drawn({**report, "left_out": {"rows": 9, "unanswered": 2, "inputs": many}})
    assert "i0: coarsened in 9" in text
    assert "and 8 more reasons" in text
    assert "what was answered is not in the log: 2" in text
    assert "latency (indicative)" not in text
