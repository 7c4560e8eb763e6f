"""The generated part of docs/rollout-statistics.md, and the same as plain values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.prove.interval import quantile_within
from benchmarks.prove.ladder import JUDGES, Rung, detected
from benchmarks.prove.scenarios import Found, Row
from benchmarks.report import markdown

BEGIN, END = "<!-- prove -->", "<!-- /prove -->"
_RATE_HEAD = ("case", "what happens", "runs", "wrong", "rate", "exact 95 % interval", "bound", "")
_RIVAL_HEAD = ("case", *JUDGES)
_PASS_HEAD = ("identical versions with", "became stable", "median requests", "p90", "taken back")


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that was run."""

    same: tuple[Row, ...]
    too_bad: tuple[Row, ...]
    alike: tuple[Row, ...]
    ladder: tuple[tuple[Rung, tuple[Found, ...]], ...]


def sections(results: Results, seconds: float) -> list[str]:
    """Return headings, tables and remarks in Markdown, in order."""
    return [
        "### Versions that are no worse: how often they are taken back\n",
        "*Wrong* is a rollback; for outputs, a rollout held.\n",
        markdown((_RATE_HEAD, [_rate(row) for row in results.same])),
        "### The same requests, judged by others\n",
        "Rollbacks of versions that are no worse. The streams go on after our rollout is over.\n",
        markdown((_RIVAL_HEAD, [_beside(row) for row in results.same if row.found[0].rivals])),
        "![False rollbacks against the number of looks](rollout-false-rollbacks.svg)\n",
        "### Versions that are too bad: how often they become stable\n",
        markdown((_RATE_HEAD, [_rate(row) for row in results.too_bad])),
        "### How long a version as good as stable needs\n",
        "Through 5, 25 and 50 % to 100 %, errors alone, at 100 requests a second.\n",
        markdown((_PASS_HEAD, [_passing(row) for row in results.alike])),
        "### How soon a regression is found\n",
        "Median / p90 of the requests of both versions until the rollback, at 100 a second, 25 % of them to\n"
        "the canary. The z-test is quick because it also says *worse* of versions that are not: see above.\n"
        "–: fixed thresholds know an absolute latency only.\n",
        markdown((("regression", *JUDGES), [_rung(rung, found) for rung, found in results.ladder])),
        "![Requests to the rollback against the size of the regression](rollout-detection.svg)\n",
        "![The evidence of a few runs](rollout-evidence.svg)\n",
        f"All of this took {seconds:.0f} s.\n",
    ]


def with_results(page: str, results: Results, seconds: float) -> str:
    """Return the page with its generated part replaced; raises ValueError where the marks are missing."""
    if BEGIN not in page or END not in page:
        raise ValueError(f"docs/rollout-statistics.md lacks its marks {BEGIN} and {END}: put them back")
    head, rest = page.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    return "\n".join([head + BEGIN, "", *sections(results, seconds), END]) + tail


def document(results: Results, seconds: float) -> dict[str, Any]:
    """Return everything as plain JSON values."""
    rows = [
        {"case": row.scenario.name, "runs": len(row.found), "wrong": row.hits, "interval": row.interval}
        for row in (*results.same, *results.too_bad, *results.alike)
    ]
    rungs = [
        {"regression": rung.name, **dict(zip(JUDGES, map(str, detected(rung, found)), strict=True))}
        for rung, found in results.ladder
    ]
    return {"seconds": round(seconds), "cases": rows, "ladder": rungs}


def _rate(row: Row) -> Sequence[str]:
    low, high = row.interval
    count, scenario = len(row.found), row.scenario
    verdict = "met" if row.is_met else "**missed**"
    rate, interval = f"{row.hits / count:.1%}", f"{low:.1%} … {high:.1%}"
    bound = f"{scenario.bound:.0%}"
    return scenario.name, scenario.what, f"{count:,}", f"{row.hits:,}", rate, interval, bound, verdict


def _beside(row: Row) -> Sequence[str]:
    count = len(row.found)
    others = zip(*[one.rivals for one in row.found], strict=True)
    shares = [sum(after is not None for after in one) / count for one in others]
    return row.scenario.name, *[f"{share:.1%}" for share in (row.hits / count, *shares)]


def _passing(row: Row) -> Sequence[str]:
    after = [one.after if one.event == "complete" else None for one in row.found]
    count = len(after)
    passed = sum(one is not None for one in after)
    shown = [
        "–" if value is None else f"{value:,}"
        for value in (quantile_within(after, 0.5), quantile_within(after, 0.9))
    ]
    return row.scenario.name, f"{passed / count:.1%}", *shown, f"{row.hits / count:.1%}"


def _rung(rung: Rung, found: tuple[Found, ...]) -> Sequence[str]:
    ours, *fixed, z_test = map(str, detected(rung, found))
    # Their latency limits are absolute (Flagger's example: 500 ms), far from anything that happens here.
    return rung.name, ours, *(["–"] * len(fixed) if rung.world.quantiles else fixed), z_test
