"""The recorded requests that a what-if looks at: how many, what is not in the log, and each of them.

They are read a few thousand at a time, so memory does not grow with the log. Where there are too many for the
time people wait, a sample is taken by digits of the id that decide nothing else: not the first sixteen, which
are the draw, and not the last eight, by which `sample` chooses what is logged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.requestlog.lake import Lake
from gateway.whatif.resplit import Recorded

MOST = 2_000_000
BATCH = 5_000
_DIGITS = 8
_NO_ROUTE = "route IS NULL AND status = 404"
_HAS_PATH = "coalesce(path, '') <> ''"
_DIVISIBLE = f"((chosen IS NOT NULL OR {_NO_ROUTE}) AND {_HAS_PATH})"
_PATHLESS = f"(chosen IS NOT NULL OR {_NO_ROUTE}) AND NOT {_HAS_PATH}"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which requests: since so many seconds before now, None: all; of one route, empty: of all."""

    seconds: float | None = None
    route: str = ""

    def where(self) -> str:
        """Return the condition; its parameters are `parameters()`."""
        parts = []
        if self.seconds is not None:
            parts.append("ts >= now() - to_microseconds($microseconds)")
        if self.route:
            parts.append("route = $route")
        return " AND ".join(parts) or "true"

    def parameters(self) -> dict[str, Any]:
        """Return what the condition is about."""
        found: dict[str, Any] = {}
        if self.seconds is not None:
            found["microseconds"] = round(self.seconds * 1e6)
        if self.route:
            found["route"] = self.route
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """What the log has of them. Times are seconds since 1970, 0 where there is none.

    `divisible` are those that were divided, or had no route, and whose path is known. `pathless` are those
    whose path is not, `turned_away` those that were refused before. `routes` counts the divisible ones by
    route, empty: none was for them; `revisions` are the pairs of route and revision they were divided by.
    `dropped` are records that the log could not take.
    """

    divisible: int
    pathless: int
    turned_away: int
    first: float
    last: float
    routes: dict[str, int]
    revisions: frozenset[tuple[str, int]]
    dropped: int

    @property
    def share(self) -> float:
        """Which part of them is looked at."""
        return min(1.0, MOST / self.divisible) if self.divisible else 1.0


def find(lake: Lake, asked: Asked) -> Found:
    """Count what there is."""
    where, given = asked.where(), asked.parameters()
    counted = lake.execute(
        f"SELECT coalesce(route, '') AS route, revision, count(*) FILTER ({_DIVISIBLE}), "  # noqa: S608
        f"count(*) FILTER ({_PATHLESS}), count(*), epoch_us(min(ts)), epoch_us(max(ts)) "
        f"FROM requests WHERE {where} GROUP BY ALL",
        given or None,
    ).fetchall()
    routes: dict[str, int] = {}
    for route, _, count, *_ in counted:
        if count:
            routes[route] = routes.get(route, 0) + count
    divisible, pathless = sum(routes.values()), sum(row[3] for row in counted)
    return Found(
        divisible,
        pathless,
        sum(row[4] for row in counted) - divisible - pathless,
        min((row[5] for row in counted), default=0) / 1e6,
        max((row[6] for row in counted), default=0) / 1e6,
        routes,
        frozenset((row[0], row[1]) for row in counted if row[2] and row[0]),
        _dropped(lake, asked),
    )


def _dropped(lake: Lake, asked: Asked) -> int:
    """Return how many records were lost meanwhile, of whatever route: gaps do not tell."""
    when, given = "true", None
    if asked.seconds is not None:
        when = "until >= now() - to_microseconds($microseconds)"
        given = {"microseconds": round(asked.seconds * 1e6)}
    row = lake.execute(f"SELECT sum(records) FROM gaps WHERE {when}", given).fetchone()  # noqa: S608
    return int(row[0] or 0) if row else 0


def stream(lake: Lake, asked: Asked, share: float) -> Iterator[Recorded]:
    """Yield the divisible ones, or a share of them."""
    sampled = f" AND {in_sample(share)}" if share < 1 else ""
    answer = lake.execute(
        "SELECT id, path, coalesce(route, ''), coalesce(chosen, ''), coalesce(why, ''), coalesce(key, ''), "  # noqa: S608
        f"revision FROM requests WHERE {asked.where()} AND {_DIVISIBLE}{sampled}",
        asked.parameters() or None,
    )
    while batch := answer.fetchmany(BATCH):
        for row in batch:
            yield Recorded(*row)


def in_sample(share: float) -> str:
    """Return the condition that a share of all requests meets, always the same ones."""
    below = min(round(share * 16**_DIGITS), 16**_DIGITS - 1)
    return f"substr(id, 17, {_DIGITS}) < '{below:0{_DIGITS}x}'"
