"""Less precision, on purpose: what a value may still say once a rule has coarsened it.

A value of a kind that the rule is not for becomes None: a rule that does not fit must never let a value pass.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Any

from gateway.requestlog.policy import Coarsen


def coarsened(rule: Coarsen, value: Any) -> Any:
    """Return the value, or each value of a list, less precise; None where the rule is not for it."""
    kind = type(value)
    if kind is list:
        return [coarsened(rule, part) for part in value]
    if kind is str:
        return value[: max(0, int(rule.by))] if rule.kind == "truncate" else None
    if kind is not int and kind is not float:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    if not math.isfinite(number):
        return None
    if rule.kind == "buckets":
        return _bucket(rule.edges, number)
    try:
        return _multiple(value, rule.by, down=rule.kind == "truncate")
    except OverflowError:  # so far out that no float holds the quotient
        return None


def _multiple(value: float, by: float, *, down: bool) -> float | int | None:
    if not by > 0 or not math.isfinite(by):
        return None
    whole = type(value) is int and float(by).is_integer()
    if whole:
        step = int(by)
        return (value if down else value + step // 2) // step * step
    times = math.floor(value / by) if down else math.floor(value / by + 0.5)
    # 3 * 0.1 is 0.30000000000000004: digits that no multiple of 0.1 has would only take room
    return round(times * by, _digits(by))


def _digits(by: float) -> int:
    """How many decimals the multiples of `by` have, 15 at most."""
    return next((digits for digits in range(15) if round(by, digits) == by), 15)


def _bucket(edges: tuple[float, ...], number: float) -> str | None:
    if not edges:
        return None
    at = bisect_right(edges, number)
    lower = f"{edges[at - 1]:.12g}" if at else ""
    upper = f"{edges[at]:.12g}" if at < len(edges) else ""
    return f"{lower}..{upper}"
