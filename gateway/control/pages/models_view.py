"""Watched values as their pages show them: grouped, in order, with numbers a person can read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from gateway.routing.watches import GROUPS

_HEADS: Final = ("rate", "errors", "drift", "labelled", "accuracy", "calibration", "auc", "log_loss", "mae")
"""What the list of models shows of a version; of drift the worst input."""
_SHARES: Final = frozenset(
    {
        "errors", "refused", "fallbacks", "dropped", "missing", "out_of_range", "new_categories", "null",
        "positive", "labelled", "accuracy",
    }
)  # fmt: skip
_TITLES: Final = {
    "software": "Answers",
    "inputs": "Inputs",
    "outputs": "Outputs",
    "quality": "Quality",
}


def heads_of(versions: Sequence[str], values: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what matters most of each version, in their order; those that have values come along."""
    found: dict[str, dict[str, dict[str, Any]]] = {version: {} for version in versions}
    for one in values:
        if not one["version"] or one["signal"] not in _HEADS:
            continue
        heads = found.setdefault(one["version"], {})
        known = heads.get(one["signal"])
        if known is None or (one["value"] or 0.0) > (known["value"] or 0.0):
            heads[one["signal"]] = {**_readable(one), "value": one["value"]}
    return [
        {"name": version, **{signal: heads.get(signal) for signal in _HEADS}}
        for version, heads in found.items()
    ]


def known(one: dict[str, Any] | None) -> bool:
    """Tell whether there is anything to show of a head."""
    return one is not None and one["value"] is not None


def span(seconds: float) -> str:
    """Return a window as people call it: `hour`, `15 minutes`."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            many = int(seconds // size)
            return name if many == 1 else f"{many} {name}s"
    return f"{seconds:g} seconds"


def groups_of(values: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the values by group, those of a field beside each other for all versions."""
    return [
        {
            "name": group,
            "title": _TITLES[group],
            "values": [_readable(one) for one in values if one["group"] == group],
            "firing": sum(one["group"] == group and one["state"] == "firing" for one in values),
        }
        for group in GROUPS
        if any(one["group"] == group for one in values)
    ]


def spreads_of(spreads: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return spreads, their bars as two paths of SVG in a drawing 100 wide and 41 high: `was`, and `is`.

    A bar as an element of its own would be ten times as much text.
    """
    return [{**one, **_drawn(one), "words": _words(one)} for one in spreads]


def _drawn(one: dict[str, Any]) -> dict[str, str]:
    width, top = 100 / len(one["bins"]), max(*one["now"], *one["reference"])
    return {
        "was": _bars(one["reference"], top, width, 0.0, 0.9),
        "is": _bars(one["now"], top, width, 0.2, 0.5),
    }


def _bars(shares: Sequence[float], top: float, width: float, inset: float, part: float) -> str:
    """Return one bar for each share, side by side; `inset` and `part` are of the place of each."""
    return "".join(
        f"M{width * (number + inset):.1f} 41v{-40 * share / top:.1f}h{width * part:.1f}V41z"
        for number, share in enumerate(shares)
    )


def _words(one: dict[str, Any]) -> str:
    """Say which bin has moved most."""
    moved = [now - was for now, was in zip(one["now"], one["reference"], strict=True)]
    worst = max(range(len(moved)), key=lambda number: abs(moved[number]))
    return f"{one['bins'][worst]}: {one['now'][worst]:.1%}, was {one['reference'][worst]:.1%}"


def _readable(one: dict[str, Any]) -> dict[str, Any]:
    signal = one["signal"]
    return {
        **one,
        "name": signal.replace("_", " "),
        "shown": "no requests" if signal == "rate" and not one["n"] else figure(signal, one["value"]),
        "was": figure(signal, one["before"]),
        "trained": figure(signal, one["reference"]),
        "far": figure("distance", one["distance"]),
    }


def figure(signal: str, value: float | None) -> str:
    """Return a value as a person reads it, with its unit where that is short."""
    if value is None:
        return "–"
    if signal in _SHARES:
        return f"{value:.1%}" if value >= 0.1 or value == 0 else f"{value:.2%}"
    if signal.endswith("drift"):
        return f"{value:.2f}"
    if signal == "memory":
        return f"{value / 2**20:,.0f} MiB"
    if signal.startswith(("latency", "queue")):
        return f"{value:,.2f} ms" if value < 100 else f"{value:,.0f} ms"
    if signal == "rate":
        return f"{value:,.2f} /s" if value < 10 else f"{value:,.0f} /s"
    return f"{value:.4g}"
