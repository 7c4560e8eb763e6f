"""The shapes of what the admin API tells of watched values over time."""

from __future__ import annotations

from typing import Literal

from gateway.control.models import Answer


class Course(Answer):
    """One value in windows one after another, oldest first; the last one ends at `until`.

    `version` and `field` as in the route's monitor; null: nothing could be said, `n` is of how many it is.
    """

    group: Literal["software", "inputs", "outputs", "quality"]
    signal: str
    version: str
    field: str
    until: str
    window_seconds: float
    values: list[float | None]
    n: list[int]


class Spread(Answer):
    """How a field's values lie in the bins of its reference, as shares, now (`n` values) and there."""

    version: str
    side: Literal["inputs", "outputs"]
    field: str
    reference_of: Literal["training", "first"]
    bins: list[str]
    now: list[float]
    reference: list[float]
    n: int


class MonitorCourse(Answer):
    """A route's watched values over time, and how the values of its fields spread in the latest window."""

    route: str
    series: list[Course]
    spreads: list[Spread]
