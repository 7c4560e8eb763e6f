"""The pictures of docs/rollout-statistics.md."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from numpy.random import default_rng

from benchmarks.prove.drawing import Axis, Line, chart
from benchmarks.prove.ladder import Rung, detected, evidence_path
from benchmarks.prove.page import Results
from benchmarks.prove.scenarios import ALPHA, Found, Row

_SHORT = ("ours", "Argo 95 %", "Flagger 99 %", "peeked z-test")
_LN10 = log(10)


def pictures(results: Results, seed: int) -> dict[str, str]:
    """Return each picture by its file name."""
    one_percent = [(rung, found) for rung, found in results.ladder if rung.kind == "errors at 1 %"]
    return {
        "rollout-false-rollbacks.svg": false_rollbacks(results.same[0]),
        "rollout-detection.svg": detection(one_percent),
        "rollout-evidence.svg": evidence(seed),
    }


def false_rollbacks(row: Row) -> str:
    """Draw how many identical versions each judge has rolled back after so many looks, one a second."""
    judges = [[one.after if one.event == "fail" else None for one in row.found]]
    judges += [[one.rivals[place] for one in row.found] for place in range(len(_SHORT) - 1)]
    looks = [round(10 ** (place / 20)) for place in range(61)]
    lines = [
        Line(name, [(look, _share_until(after, look * 100)) for look in looks], color)
        for color, (name, after) in enumerate(zip(_SHORT, judges, strict=True))
    ]
    across = Axis("looks, one a second at 100 requests a second", 1, 1000, True, (1, 10, 100, 1000))
    up = Axis("identical versions rolled back", 0, 1, ticks=(0, 0.25, 0.5, 0.75, 1), percent=True)
    return chart("False rollbacks while one looks and looks", across, up, lines, (ALPHA, "α = 5 %"))


def detection(rungs: Sequence[tuple[Rung, tuple[Found, ...]]]) -> str:
    """Draw the median requests to the rollback against the size of the regression, at 1 % errors."""
    by_rung = [(rung.size, detected(rung, found)) for rung, found in rungs]
    lines = [
        Line(
            name,
            [(size, median) for size, each in by_rung if (median := each[color].median)],
            color,
            dots=True,
        )
        for color, name in enumerate(_SHORT)
    ]
    across = Axis(
        "errors of the canary as a multiple of stable's 1 %", 1.2, 22, True, (1.25, 1.5, 2, 3, 5, 10, 20)
    )
    up = Axis("requests, median", 100, 200_000, True, (100, 1_000, 10_000, 100_000))
    return chart("Requests until the rollback", across, up, lines)


def evidence(seed: int) -> str:
    """Draw the evidence that a version is worse in runs of identical and of worse versions."""
    lines = []
    for color, risk in ((0, 1.0), (3, 1.5), (2, 2.0), (1, 5.0)):
        for number in range(3):
            path = evidence_path(default_rng([seed, 9, color, number]), risk)
            name = f"{risk:g} × the errors" if not number else ""
            lines.append(Line(name, [(x, y / _LN10) for x, y in path if x >= 100], color))
    across = Axis("requests", 100, 100_000, True, (100, 1_000, 10_000, 100_000))
    up = Axis("evidence that it is worse", -1.5, 4, ticks=(-1, 0, 1, 2, 3, 4), power=True)
    return chart(
        "The evidence of a few runs", across, up, lines, (log(1 / ALPHA) / _LN10, "rollback: 1/α = 20")
    )


def _share_until(after: Sequence[int | None], requests: int) -> float:
    return sum(one is not None and one <= requests for one in after) / len(after)
