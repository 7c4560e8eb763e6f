"""The drawings of a rollout, which say all of it without colour: its steps, and a metric's evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from gateway.control.rollouts.words import duration

HALF = 9
"""Columns of the bar on either side of its middle."""

WORSE, GOOD = "red", "green"
HEADING = f"{'worse':<{HALF + 1}}│{'good':>{HALF + 1}}"
"""What stands above the bars."""


def steps_line(progress: Mapping[str, Any]) -> Text:
    """Draw the steps: `1 % ━━ [5 %] ── 25 % (a person) ── 100 %`.

    The one in force stands in brackets; a cross stands after the one at which a canary was taken back.
    """
    line = Text()
    is_active = progress["state"] in ("progressing", "paused")
    for number, step in enumerate(progress["steps"], 1):
        is_done = number <= progress["step"]
        if number > 1:
            line.append(" ━━ " if is_done else " ── ", "bold" if is_done else "dim")
        text = f"{step['weight']:g}\u00a0%{_until(step)}"
        if is_active and number == progress["step"]:
            line.append(f"[{text}]", "bold yellow" if progress["state"] == "paused" else "bold cyan")
        else:
            line.append(text, "bold" if is_done else "dim")
        if progress["state"] == "degraded" and number == progress["step"]:
            line.append(" ✗", "bold red")
    return line


def _until(step: Mapping[str, Any]) -> str:
    if step["until"] == "person":
        return "\u00a0(a\u00a0person)"
    return f"\u00a0({duration(step['seconds'])})".replace(" ", "\u00a0") if step["seconds"] else ""


def evidence_bar(metric: Mapping[str, Any]) -> Text:
    """Draw the evidence from worse (left) to good enough (right); at either end stands its bar.

    Both sides may be filled: they answer different questions.
    """
    worse = filled(metric["worse"], metric["worse_bar"])
    good = filled(metric["good"], metric["good_bar"])
    return Text.assemble(
        _end(metric["worse_bar"], is_reached=worse == HALF, style=WORSE),
        ("·" * (HALF - worse), "dim"),
        ("━" * worse, WORSE),
        "│",
        ("━" * good, GOOD),
        ("·" * (HALF - good), "dim"),
        _end(metric["good_bar"], is_reached=good == HALF, style=GOOD),
    )


def filled(evidence: float | None, bar: float | None) -> int:
    """Return how many columns of a side are filled: all of them only once the bar is reached."""
    if not bar or evidence is None or evidence <= 0:
        return 0
    return HALF if evidence >= bar else min(int(evidence / bar * HALF), HALF - 1)


def _end(bar: float | None, *, is_reached: bool, style: str) -> tuple[str, str]:
    if not bar:
        return (" ", "")  # no such verdict is possible from this metric
    return ("█", style) if is_reached else ("┃", "")
