"""What another version of a model answers to recorded inputs, as tables of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.cli.numbers import UNKNOWN, fixed

REASONS = 12
_MEASURES = {
    "accuracy": "accuracy",
    "log_loss": "log loss",
    "brier": "Brier score",
    "auc": "AUC",
    "calibration": "calibration error",
}
_STYLES = {"better": "green", "worse": "bold red", "the same": "dim", "unclear": "dim"}


def model_view(report: Mapping[str, Any]) -> RenderableType:
    """Draw the report: how far it agrees, where not, how fast it is, and which is right."""
    parts: list[RenderableType] = [Text(line, style="bold") for line in _heading(report)]
    parts += _left_out(report)
    if report["given"]:
        parts += [Text(""), _agreement(report), Text(""), *_segments(report), Text(""), _latency(report)]
        for quality in report["quality"]:
            parts += [Text(""), *_quality(quality)]
    parts += [Text(""), *(Text(f"note: {note}", style="dim") for note in report["unknown"])]
    return Group(*parts)


def _heading(report: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{report['name']} {report['version']} ({report['model']}) on {report['given']:,} of "
        f"{report['recorded']:,} recorded predictions of route {report['route']}"
    )


def _left_out(report: Mapping[str, Any]) -> Iterator[RenderableType]:
    left = report["left_out"]
    if not left["rows"]:
        return
    yield Text(f"{left['rows']:,} rows could not be compared; none was guessed", style="yellow")
    for one in left["inputs"][:REASONS]:
        yield Text(f"  {one['input']}: {one['why']} in {one['rows']:,}", style="yellow")
    if (more := len(left["inputs"]) - REASONS) > 0:
        yield Text(f"  and {more} more reasons; see: gateway whatif --json", style="yellow")
    if left["unanswered"]:
        yield Text(f"  what was answered is not in the log: {left['unanswered']:,}", style="yellow")


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first, no_wrap=True)
    for column in others:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _agreement(report: Mapping[str, Any]) -> Table:
    columns = ("rows", "same %", "to yes %", "to no %", "|Δp| mean", "p90", "p99", "r")
    table = _table("answered by", *columns)
    for one in report["agreement"]:
        table.add_row(
            one["version"] or "all",
            f"{one['rows']:,}",
            *(fixed(_percent(one[key]), 2) for key in ("same", "to_yes", "to_no")),
            fixed(one["absolute"], 4),
            *(fixed(one["quantiles"].get(q), 4) for q in ("0.9", "0.99")),
            fixed(one["correlation"], 3),
        )
    return table


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _segments(report: Mapping[str, Any]) -> Iterator[RenderableType]:
    most = report["segments"]["most"]
    if not most:
        yield Text("nowhere do they differ clearly more than elsewhere")
        return
    table = _table("they differ most where", "rows", "|Δp| mean", "elsewhere", "Δp mean")
    for one in most:
        table.add_row(
            f"{one['input']} = {one['value']}",
            f"{one['rows']:,}",
            fixed(one["absolute"], 4),
            fixed(one["others"], 4),
            f"{one['mean']:+.4f}",
        )
    yield table


def _latency(report: Mapping[str, Any]) -> Table:
    table = _table("latency (indicative)", "p50 ms", "p99 ms", "requests")
    here = report["latency"]["here"]
    table.add_row("here, one row", fixed(here["p50_ms"], 3), fixed(here["p99_ms"], 3), UNKNOWN)
    table.add_row("here, a row of many", fixed(here["batch_ms"], 4), UNKNOWN, UNKNOWN)
    for one in report["latency"]["recorded"]:
        told = (fixed(one["p50_ms"], 3), fixed(one["p99_ms"], 3), f"{one['requests']:,}")
        table.add_row(f"{one['version']}, as recorded", *told)
    return table


def _quality(quality: Mapping[str, Any]) -> Iterator[RenderableType]:
    who = f"answered by {quality['version']}" if quality["version"] else "with a label"
    yield Text(f"{quality['rows']:,} rows {who}; the truth is yes in {quality['truth']:.1%}")
    table = _table("  measure", "recorded", "this version", "difference", "95 %", "")
    for key, name in _MEASURES.items():
        gain = quality["gain"].get(key)
        table.add_row(
            f"  {name}",
            fixed(quality["recorded"][key], 4),
            fixed(quality["here"][key], 4),
            f"{gain['value']:+.4f}" if gain else UNKNOWN,
            f"{gain['low']:+.4f} to {gain['high']:+.4f}" if gain else "",
            Text(gain["verdict"], style=_STYLES[gain["verdict"]]) if gain else "",
        )
    yield table
