"""Draws a chart as SVG, readable on a light page and on a dark one. Pure: same numbers, same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import log10

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 36, 40, 78
_STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 14px; font-weight: 600 }
.grid { stroke: #d0d7de; stroke-width: 1 }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
.page { fill: #ffffff }
.c0 { stroke: #0969da } .c1 { stroke: #bc4c00 } .c2 { stroke: #8250df } .c3 { stroke: #57606a }
.c4 { stroke: #1a7f37 } .bar { stroke: #cf222e; stroke-dasharray: 6 4; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .page { fill: #0d1117 } .grid { stroke: #30363d }
.c0 { stroke: #58a6ff } .c1 { stroke: #f0883e } .c2 { stroke: #bc8cff } .c3 { stroke: #8b949e }
.c4 { stroke: #56d364 } .bar { stroke: #ff7b72 }
}
</style>"""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: its name in the legend (empty: none), its points, and which of five colours it has."""

    name: str
    points: Sequence[tuple[float, float]]
    color: int
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows: its label, its ends, whether it is logarithmic, and the values it names.

    With `power`, values are logarithms to base 10 of what is written.
    """

    label: str
    low: float
    high: float
    logarithmic: bool = False
    ticks: tuple[float, ...] = ()
    percent: bool = False
    power: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies between the ends, 0 to 1 and no further."""
        if self.logarithmic:
            value = max(value, self.low)
            part = log10(value / self.low) / log10(self.high / self.low)
        else:
            part = (value - self.low) / (self.high - self.low)
        return min(max(part, 0.0), 1.0)

    def name(self, value: float) -> str:
        """Return a value as the axis writes it."""
        if self.percent:
            return f"{value * 100:g} %"
        value = 10**value if self.power else value
        return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def chart(
    title: str, across: Axis, up: Axis, lines: Sequence[Line], bar: tuple[float, str] | None = None
) -> str:
    """Return the picture; `bar` is a dashed line at a height, with what it says."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        _STYLE,
        f'<rect class="page" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>',
        f'<text class="title" x="{_LEFT}" y="24">{escape(title)}</text>',
        *_grid(across, up),
        *[part for line in lines for part in _curve(across, up, line)],
    ]
    if bar is not None:
        y = _y(up, bar[0])
        parts.append(f'<line class="bar" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT + 6}" y="{y - 5:.1f}">{escape(bar[1])}</text>')
    return "\n".join([*parts, *_legend(lines), "</svg>", ""])


def _grid(across: Axis, up: Axis) -> list[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for value in up.ticks:
        y = _y(up, value)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text text-anchor="end" x="{_LEFT - 8}" y="{y + 4:.1f}">{up.name(value)}</text>')
    for value in across.ticks:
        x = _x(across, value)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text text-anchor="middle" x="{x:.1f}" y="{bottom + 16}">{across.name(value)}</text>')
    middle = (_LEFT + right) / 2
    parts.append(
        f'<text text-anchor="middle" x="{middle:.0f}" y="{bottom + 34}">{escape(across.label)}</text>'
    )
    turned = f'transform="translate(14 {(_TOP + bottom) / 2:.0f}) rotate(-90)"'
    parts.append(f'<text text-anchor="middle" {turned}>{escape(up.label)}</text>')
    return parts


def _curve(across: Axis, up: Axis, line: Line) -> list[str]:
    places = _thinned([(_x(across, x), _y(up, y)) for x, y in line.points])
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts = [f'<polyline class="line c{line.color}" points="{path}"/>']
    if line.dots:
        parts += [f'<circle class="line c{line.color}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places]
    return parts


def _thinned(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Leave out points that lie within a pixel of the last one across, the very last point apart."""
    kept = places[:1]
    for place in places[1:]:
        if place[0] - kept[-1][0] >= 1 or place is places[-1]:
            kept.append(place)
    return kept


def _legend(lines: Sequence[Line]) -> list[str]:
    parts, x, y = [], float(_LEFT), _HEIGHT - 14
    for line in lines:
        if line.name:
            parts.append(
                f'<line class="line c{line.color}" x1="{x:.0f}" x2="{x + 22:.0f}" y1="{y - 4}" y2="{y - 4}"/>'
            )
            parts.append(f'<text x="{x + 28:.0f}" y="{y}">{escape(line.name)}</text>')
            x += 44 + 6.3 * len(line.name)
    return parts


def _x(across: Axis, value: float) -> float:
    return _LEFT + across.place(value) * (_WIDTH - _LEFT - _RIGHT)


def _y(up: Axis, value: float) -> float:
    return _HEIGHT - _BOTTOM - up.place(value) * (_HEIGHT - _TOP - _BOTTOM)
