"""What `gateway alerts` and `gateway monitor` print."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from rich.console import Console

from gateway.cli.alert_tables import alert_lines, monitor_table, query_line

VALUE: dict[str, Any] = {
    "group": "inputs",
    "signal": "missing",
    "version": "v1",
    "field": "temp",
    "value": 0.25,
    "n": 12_000,
    "reference": 0.01,
    "before": None,
    "state": "inactive",
    "since": None,
}


@pytest.mark.parametrize("query", ['SELECT "a b" FROM t', "SELECT '$HOME' `x` \\ y"])
def test_a_query_survives_the_shell(query: str) -> None:
    """Whatever is in it."""
    assert shlex.split(query_line(query).replace("\\$", "$").replace("\\`", "`"))[2] == query


def test_no_alarm_is_said() -> None:
    """And where to look for those that were."""
    empty: dict[str, Any] = {"alerts": [], "silences": []}
    assert alert_lines(empty, is_up=True, everything=False) == "no alarm; resolved ones: gateway alerts --all"
    assert alert_lines(empty, is_up=True, everything=True) == "no alarm"


def test_values_are_written_with_units_and_dashes() -> None:
    """The group once; drift has no value in training."""
    drift = {
        **VALUE,
        "signal": "drift",
        "value": 0.3,
        "reference": 0.0,
        "state": "firing",
        "since": "2026-01-01",
    }
    found = {"route": "late", "at": "2026-01-02", "window_seconds": 1800.0, "values": [VALUE, drift]}
    console = Console(width=160, color_system=None, markup=False)
    with console.capture() as capture:
        console.print(monitor_table(found, is_up=True))
    title, _, first, second = capture.get().splitlines()
    assert title.strip() == "route late, the 0.5 h up to 2026-01-02"
    assert first.split() == ["inputs", "missing", "v1", "temp", "25", "%", "1", "%", "–", "12,000"]
    assert second.split() == [
        "drift",
        "v1",
        "temp",
        "0.3",
        "–",
        "–",
        "12,000",
        "firing",
        "since",
        "2026-01-01",
    ]
