"""The chart of a plan as SVG: one file that needs nothing else and can be read on light and on dark."""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.sax.saxutils import escape

from gateway.cli.plan_view import heading, total
from gateway.rollout.outlook import LIKELY, Ask, Detection, Outlook, StepOutlook
from gateway.rollout.remarks import better_words, span
from gateway.routing.plan import shortest_percent

WIDTH, LEFT, RIGHT, TOP, ROW, GAP, HEAD = 860, 150, 130, 90, 20, 36, 24
"""Pixels: the picture, its margins, one regression, between two steps, and a step's own line."""
LEGEND = (
    "Dot: half of such versions are found by then; line: nine in ten. Blue: until one no worse passes.",
    f"Filled: found in this step with a chance of {LIKELY:.0%} or more. Right: chance, bad answers.",
)
TICKS = (1.0, 10.0, 60.0, 600.0, 3_600.0, 21_600.0, 86_400.0, 604_800.0)
STYLE = """
svg { background: #fff; color: #1f2328; font: 12px system-ui, sans-serif }
text { fill: currentColor } .dim { opacity: .65 } .title { font-size: 15px; font-weight: 600 }
.step { font-weight: 600 } .grid { stroke: currentColor; opacity: .15 } .over { fill: #0969da; opacity: .12 }
.end { stroke: #0969da; stroke-width: 2 } .spread { stroke: currentColor; opacity: .5; stroke-width: 2 }
.found { fill: #1a7f37 } .missed { fill: #fff; stroke: #9a6700; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
svg { background: #0d1117; color: #e6edf3 } .over { fill: #58a6ff; opacity: .18 } .end { stroke: #58a6ff }
.found { fill: #3fb950 } .missed { fill: #0d1117; stroke: #d29922 } }
"""


def chart(ask: Ask, outlook: Outlook) -> str:
    """Return the chart: for each step when it is over, and when it finds which regression."""
    furthest = _furthest(outlook)
    body: list[str] = []
    y = float(TOP)
    for step in outlook.steps:
        body += _step(step, y, furthest)
        y += HEAD + ROW * len(step.detections) + GAP
    body += _grid(y - GAP, furthest)
    remarks = [total(outlook), *([f"better: --steps {better_words(outlook)}"] if outlook.better else [])]
    remarks += [f"warning: {warning}" for warning in outlook.warnings]
    body += [_text(20, y + 18 * place, remark) for place, remark in enumerate(remarks, 1)]
    height = y + 18 * len(remarks) + 24
    return "\n".join([*_begin(ask, height), *body, "</svg>", ""])


def _begin(ask: Ask, height: float) -> Iterator[str]:
    title = heading(ask)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">'
    )
    yield f"<style>{STYLE}</style>"
    yield _text(20, 28, title, "title")
    for place, line in enumerate(LEGEND):
        yield _text(20, 48 + 16 * place, line, "dim")


def _furthest(outlook: Outlook) -> float:
    """Return the time at the right edge: all that is likely to be found lies left of it."""
    times = [step.seconds_p90 for step in outlook.steps] + [
        one.seconds_p90 for step in outlook.steps for one in step.detections if one.chance >= LIKELY / 2
    ]
    return max([time for time in times if time < math.inf], default=60.0) * 1.5


def _x(seconds: float, furthest: float) -> float:
    """Place a time on the logarithmic axis, which begins at a second."""
    part = math.log(max(seconds, 1.0)) / math.log(max(furthest, 10.0))
    return LEFT + min(part, 1.0) * (WIDTH - LEFT - RIGHT)


def _step(step: StepOutlook, y: float, furthest: float) -> Iterator[str]:
    bottom = y + HEAD + ROW * len(step.detections)
    end = _x(step.seconds, furthest)
    size = f'width="{end - LEFT:.1f}" height="{bottom - y - 4:.1f}"'
    yield f'<rect class="over" x="{LEFT}" y="{y + 4:.1f}" {size}/>'
    if step.seconds < math.inf:
        yield f'<line class="end" x1="{end:.1f}" x2="{end:.1f}" y1="{y + 4:.1f}" y2="{bottom:.1f}"/>'
    yield _text(20, y + 18, f"step {shortest_percent(step.weight)} %", "step")
    over = f"no worse: over after {span(step.seconds)} (p90 {span(step.seconds_p90)})"
    is_left = end > LEFT + (WIDTH - LEFT - RIGHT) / 2
    anchor = ' text-anchor="end"' if is_left else ""
    yield _text(end - 6 if is_left else end + 6, y + 18, over, "", anchor)
    for place, one in enumerate(step.detections):
        yield from _row(one, y + HEAD + ROW * (place + 0.5), furthest)


def _row(one: Detection, y: float, furthest: float) -> Iterator[str]:
    yield _text(LEFT - 10, y + 4, f"{one.size:g} × the {one.metric}", "", ' text-anchor="end"')
    if one.seconds <= furthest:
        at, late = _x(one.seconds, furthest), _x(one.seconds_p90, furthest)
        yield f'<line class="spread" x1="{at:.1f}" x2="{late:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        kind = "found" if one.chance >= LIKELY else "missed"
        yield f'<circle class="{kind}" cx="{at:.1f}" cy="{y:.1f}" r="5"/>'
    else:
        yield _text(WIDTH - RIGHT - 4, y + 4, f"{span(one.seconds)} ›", "dim", ' text-anchor="end"')
    bad = f", {one.bad:.2g} bad" if one.metric == "errors" and one.bad < 10 else ""
    bad = f", {one.bad:,.0f} bad" if one.metric == "errors" and one.bad >= 10 else bad
    yield _text(WIDTH - RIGHT + 10, y + 4, f"{one.chance:.0%}{bad}")


def _grid(bottom: float, furthest: float) -> Iterator[str]:
    for seconds in TICKS:
        if seconds <= furthest:
            x = _x(seconds, furthest)
            yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom:.1f}"/>'
            yield _text(x, bottom + 16, span(seconds), "dim", ' text-anchor="middle"')


def _text(x: float, y: float, text: str, kind: str = "", more: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}{more}>{escape(text)}</text>'
