"""A rollout drawn for `gateway status --watch`: steps, each metric's evidence, time, what is needed."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gateway.cli.numbers import UNKNOWN, compact, short
from gateway.cli.rollout_bars import HEADING, evidence_bar, steps_line
from gateway.cli.rollout_brief import headline
from gateway.control.rollouts.standing import State, facts, is_under_way, outlook

SIGNS = {"pass": "✓", "fail": "✗", "hold": "?", "inconclusive": "·"}
STYLES = {"pass": "green", "fail": "bold red", "hold": "bold yellow", "inconclusive": ""}
LEAST = 20
"""Predictions of each version below which a likeness of theirs says nothing, so it has no tick."""


def drawn(rollout: State) -> RenderableType:
    """Draw a rollout; one that is over has its steps and a sentence."""
    steps = steps_line(rollout["progress"])
    if not is_under_way(rollout):
        return Group(headline(rollout["progress"]), Padding(steps, (0, 0, 0, 2)))
    parts: list[RenderableType] = [headline(rollout["progress"]), Padding(steps, (1, 0, 1, 2))]
    if rollout["verdict"] and rollout["verdict"]["metrics"]:
        parts += [metric_table(rollout), Text("")]
    return Group(*parts, _labelled([*facts(rollout), *outlook(rollout), *_sentences(rollout)]))


def _labelled(lines: list[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column()
    for label, text in lines:
        grid.add_row(Text(label), Text(text))
    return grid


def metric_table(rollout: State) -> Table:
    """Draw each metric: how many and how bad, how many times as bad, and the evidence; fits 80 columns."""
    progress = rollout["progress"]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("metric", no_wrap=True, max_width=13)
    for name in (progress["canary"], "bad %", progress["stable"], "bad %"):
        table.add_column(name, justify="right", no_wrap=True, max_width=7)
    table.add_column("times as bad", no_wrap=True)
    table.add_column(HEADING, no_wrap=True)
    for metric in rollout["verdict"]["metrics"]:
        outcome = _shown_outcome(metric)
        style = STYLES[outcome]
        table.add_row(
            Text(SIGNS[outcome], style),
            Text(metric["name"], style),
            compact(metric["canary_requests"]),
            _bad(metric, "canary"),
            compact(metric["stable_requests"]),
            _bad(metric, "stable"),
            effect(metric),
            evidence_bar(metric),
        )
    return table


def _shown_outcome(metric: State) -> str:
    fewest = min(metric["canary_requests"], metric["stable_requests"])
    is_early = metric["name"] == "outputs" and metric["outcome"] == "pass" and fewest < LEAST
    return "inconclusive" if is_early else str(metric["outcome"])


def _bad(metric: State, arm: str) -> str:
    requests = metric[f"{arm}_requests"]
    is_counted = requests and metric["good_bar"]  # what cannot pass by being rarely bad counts no bad events
    return short(100 * metric[f"{arm}_bad"] / requests) if is_counted else UNKNOWN


def effect(metric: State) -> str:
    """Write how many times as bad the canary is, with the interval that holds at all times."""
    if metric["effect"] is None:
        return UNKNOWN
    low, high = ("?" if end is None else short(end) for end in (metric["low"], metric["high"]))
    return f"{short(metric['effect'])} ({low}–{high})"


def _sentences(rollout: State) -> Iterator[tuple[str, str]]:
    """Yield what a metric says that a bar cannot show, unless the verdict says it already."""
    verdict = rollout["verdict"]
    for metric in verdict["metrics"] if verdict else []:
        has_bars = metric["worse_bar"] and metric["good_bar"]
        if not has_bars and metric["sentence"] != verdict["sentence"]:
            yield metric["name"], metric["sentence"].removeprefix(f"{metric['name']}: ")
