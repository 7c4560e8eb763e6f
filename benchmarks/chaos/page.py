"""The table of faults, in Markdown for docs/chaos.md and for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.chaos.row import Outcome
from benchmarks.report import markdown

HEAD = ("fault", "requests", "failed", "must", "reached", "verdict")
_INTRO = """# Chaos

Written by `make chaos`: do not edit by hand. Each row starts a gateway of its own with two workers (`gateway
up`) before small services that misbehave, on loopback, with clients that retry nothing and check that each
answer is whole and of a service that could have given it. A request *failed* when it was answered with
anything but a whole 200; in some rows that is what the row asks for.
"""


def lines(outcomes: Sequence[Outcome]) -> list[Sequence[str]]:
    """Return the cells of the table."""
    found: list[Sequence[str]] = []
    for one in outcomes:
        row, reached = one.row, one.reached
        if reached is None:
            found.append((row.fault, "–", "–", row.must, one.problem, one.verdict))
            continue
        said = "; ".join(str(figure) for figure in reached.figures)
        found.append((row.fault, f"{reached.requests:,}", f"{reached.failed:,}", row.must, said, one.verdict))
    return found


def page(outcomes: Sequence[Outcome], machine: Mapping[str, str]) -> str:
    """Return the page as Markdown."""
    seconds = sum(one.seconds for one in outcomes)
    kinds = [
        f"- {one.row.fault}: {', '.join(one.reached.failures)}"
        for one in outcomes
        if one.reached is not None and one.reached.failures
    ]
    parts = [_INTRO, markdown((HEAD, lines(outcomes))), f"All rows together took {seconds:.0f} s.\n"]
    parts += ["## What failed requests got\n", *kinds, ""] if kinds else []
    about = [f"- {name}: {value}" for name, value in machine.items()]
    return "\n".join([*parts, "## Measured on\n", *about, ""])


def document(outcomes: Sequence[Outcome], machine: Mapping[str, str]) -> dict[str, Any]:
    """Return everything as plain JSON values."""
    return {"machine": dict(machine), "rows": [_row(one) for one in outcomes]}


def _row(one: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one.row.name, "verdict": one.verdict, "seconds": round(one.seconds, 1)}
    if one.reached is None:
        return {**found, "problem": one.problem}
    figures = [
        {"what": each.what, "value": each.value, "unit": each.unit, "most": each.most, "least": each.least}
        for each in one.reached.figures
    ]
    reached = one.reached
    return {
        **found,
        "requests": reached.requests,
        "failed": reached.failed,
        "figures": figures,
        "failures": list(reached.failures),
    }
