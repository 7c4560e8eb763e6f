"""Draws the comparison. Runs in the benchmark's own environment, which alone has matplotlib.

.venv-bench/bin/python benchmarks/plot.py RESULTS.json OUT.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib  # type: ignore[import-not-found]  # lives in .venv-bench only

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "gateway"  # the same figures draw the same file

from matplotlib import pyplot  # noqa: E402

_OURS, _OTHERS = "#0072b2", "#888888"
Spans = dict[str, tuple[float, float]]


def draw(shown: dict[str, Any], out: Path) -> None:
    """Draw CPU time per request beside the latency, both logarithmic."""
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
    _dots(left, {name: (cost, cost) for name, cost in shown["cpu"].items()})
    left.set_xlabel("CPU µs per request")
    _dots(right, {name: (p50, p99) for name, (p50, p99) in shown["latency"].items()})
    right.set_xlabel(f"latency at {shown['rate']:,.0f} requests/s, µs: dot p50, line to p99")
    figure.savefig(out, metadata={"Date": None})


def _dots(axes: Any, values: Spans) -> None:
    """Mark each value by a dot: a bar's length means nothing on a logarithmic scale."""
    names = list(reversed(values))
    for place, name in enumerate(names):
        middle, high = values[name]
        color = _OURS if name == "gateway" else _OTHERS
        axes.plot([middle, high], [place, place], color=color, linewidth=2)
        axes.plot([middle], [place], "o", color=color, markersize=8)
        label = f"{middle:,.0f}" if middle == high else f"{middle:,.0f} … {high:,.0f}"
        axes.annotate(label, (high, place), xytext=(8, 0), textcoords="offset points", va="center")
    axes.set_xscale("log")
    axes.set_yticks(range(len(names)), names)
    axes.margins(x=0.25, y=0.15)
    axes.grid(axis="x", which="major", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text())["drawn"], Path(sys.argv[2]))
