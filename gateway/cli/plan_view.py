"""How a plan looks on a terminal: bars and numbers in 80 columns that say the same without colour."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.rollout.outlook import LIKELY, PAUSE, Ask, Detection, Outlook, StepOutlook
from gateway.rollout.remarks import better_words, count, span
from gateway.rollout.wording import percent
from gateway.routing.plan import shortest_percent

WIDTH = 10
"""Columns of a bar."""
NEGLIGIBLE, CERTAIN = 0.05, 0.995
"""Chances below which a row is left out, and above which those of still larger regressions are."""


def plan_view(ask: Ask, outlook: Outlook) -> RenderableType:
    """Draw a plan: each step with its time and what it finds, the cost, and what is to be said beside it."""
    what = "users" if ask.keyed else "requests"
    parts: list[RenderableType] = [Text(heading(ask), style="bold"), Text(assumed(ask), style="dim")]
    longest = max((s.seconds for s in outlook.steps if s.seconds < math.inf), default=0.0)
    for step in outlook.steps:
        parts += [Text(""), _step_line(step, longest), _waits(step, what), _finds(step, what)]
    parts += [Text(""), Text(total(outlook), style="bold")]
    if outlook.exposures:
        parts += [Text(""), _exposures(outlook), *(Text(line, style="dim") for line in _left(outlook))]
    parts += [Text("")] if outlook.warnings or outlook.better or outlook.notes else []
    parts += [Text(f"warning: {warning}", style="bold red") for warning in outlook.warnings]
    if outlook.better:
        parts.append(Text(f"better: --steps {better_words(outlook)}", style="green"))
    parts += [Text(f"note: {note}", style="dim") for note in outlook.notes]
    return Group(*parts)


def heading(ask: Ask) -> str:
    """Return what is planned, for how much traffic."""
    what = "new users" if ask.keyed else "requests"
    rate = f"{ask.traffic.rate:,.3g}" if ask.traffic.rate < 1000 else f"{ask.traffic.rate:,.0f}"
    return (
        f"{ask.canary} beside {ask.stable} on route {ask.route}: {rate} {what}/s, "
        f"{percent(ask.traffic.error_rate)} fail at {ask.stable}"
    )


def assumed(ask: Ask) -> str:
    """Return where the rate and the errors come from."""
    if not ask.traffic.seconds:
        return ask.traffic.source
    each = ", each taken as a new user" if ask.keyed else ""
    return f"requests over the last {ask.traffic.seconds:.0f} s{each}; {ask.traffic.source}"


def total(outlook: Outlook) -> str:
    """Return how long a version that is no worse takes to 100 %."""
    if math.isinf(outlook.seconds):
        return "a version that is no worse does not get to 100 % by itself"
    return (
        f"to 100 %: {span(outlook.seconds)} for a version that is no worse (p90 {span(outlook.seconds_p90)})"
    )


def bar(part: float, width: int = WIDTH) -> str:
    """Draw a part of 1; what is not nothing has a mark, and only all of it fills the bar."""
    filled = width if part >= CERTAIN else min(width - 1, math.ceil(part * width - 0.5))
    return "█" * max(filled, 0) + "░" * (width - max(filled, 0))


def rounded(requests: float) -> str:
    """Write a number of requests with three digits that count."""
    if math.isinf(requests):
        return "–"
    return f"{round(requests, min(0, 3 - len(str(int(requests))))):,.0f}"


def _step_line(step: StepOutlook, longest: float) -> Text:
    part = step.seconds / longest if longest and step.seconds < math.inf else 0.0
    return Text.assemble(
        (f"step {shortest_percent(step.weight)} %".ljust(12), "bold"),
        (bar(min(part, 1.0), 30), "cyan"),
        f"  {span(step.seconds)} (p90 {span(step.seconds_p90)})",
    )


def _waits(step: StepOutlook, what: str) -> Text:
    if step.until == "time" and step.slowest == PAUSE:
        return Text("  then it goes on by itself, whatever the judges say but worse", style="dim")
    return Text(
        f"  no worse: over after {rounded(step.requests)} {what}, mostly for {step.slowest}", style="dim"
    )


def _finds(step: StepOutlook, what: str) -> RenderableType:
    rows = [*_shown(step.detections, "errors"), *_shown(step.detections, "latency")]
    if not rows:
        return Text("  finds none of the regressions looked at before it is over")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    table.add_column("  if it begins here", no_wrap=True)
    table.add_column("found in this step", no_wrap=True)
    for column in ("after", "p90", what, "bad"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in rows:
        table.add_row(
            f"  {one.size:g} × the {one.metric}",
            _chance(one.chance),
            span(one.seconds),
            span(one.seconds_p90),
            rounded(one.requests),
            count(one.bad) if one.metric == "errors" else "–",
        )
    return table


def _shown(found: Sequence[Detection], metric: str) -> Iterator[Detection]:
    """Yield those between hardly ever and surely found, and the first that surely is."""
    for one in found:
        if one.metric == metric and one.chance >= NEGLIGIBLE:
            yield one
            if one.chance >= CERTAIN:
                return


def _exposures(outlook: Outlook) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("  if it fails from the start", no_wrap=True)
    table.add_column("taken back", no_wrap=True)
    for column in ("mostly at", "after", "bad"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in outlook.exposures:
        at = f"{shortest_percent(outlook.steps[one.step - 1].weight)} %" if one.step else "–"
        table.add_row(
            f"  {one.size:g} × the errors{'  ◄ worst' if one == outlook.worst else ''}",
            _chance(one.found),
            at,
            span(one.seconds) if one.step else "–",
            count(one.bad),
        )
    return table


def _left(outlook: Outlook) -> Iterator[str]:
    """Yield what becomes of those that are not taken back."""
    for one in outlook.exposures:
        held = 1 - one.found - one.promoted
        ends = ((one.promoted, "get to 100 %"), (held, "get no verdict in time"))
        told = " and ".join(f"{part:.0%} {end}" for part, end in ends if part >= NEGLIGIBLE)
        if told:
            yield f"  with {one.size:g} × the errors {told}"


def _chance(part: float) -> Text:
    return Text.assemble((bar(part), "green" if part >= LIKELY else "yellow"), f" {part:.0%}")
