"""From new records to summaries, by DuckDB: the log is read once, and only what is new of it.

The records between two times become a table in memory, and everything else is grouped counts over that.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gateway.watching.summary import Answers

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TAKEN = (
    "id",
    "route",
    "version",
    "model",
    "chosen",
    "status",
    "outcome",
    "latency_ms",
    "queue_ms",
    "inputs",
    "outputs",
    "parameters",
)
SHIFT = "greatest(floor(log2(greatest({us}, 1)))::INTEGER - 2, 0)"
BUCKET = "CASE WHEN us < 4 THEN greatest(us, 0) ELSE least((s << 2) + (us >> s), 127) END"
"""`gateway.statistics.histogram.bucket_of` in SQL, of microseconds `us` with `s` as `SHIFT` has it."""


@dataclass(frozen=True, slots=True)
class Group:
    """Which version of which route, and which model folder answered there (None: it runs elsewhere)."""

    route: str
    version: str
    model: str | None


def load(connection: DuckDBPyConnection, after: int, upto: int) -> int:
    """Make the table `fresh` of records later than `after` up to `upto` (microseconds); return how many."""
    columns = ", ".join(_TAKEN)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT epoch_us(ts) AS micros, {columns} FROM requests "  # noqa: S608
        f"WHERE ts > make_timestamptz({after}) AND ts <= make_timestamptz({upto})"
    )
    return int(_one(connection, "SELECT count(*) FROM fresh"))


def per_second(connection: DuckDBPyConnection, after: int, upto: int) -> list[tuple[int, int]]:
    """Return how many records there are in each second between two times, oldest first."""
    return connection.execute(
        "SELECT epoch_us(ts) // 1000000 AS second, count(*) FROM requests "  # noqa: S608 - numbers
        f"WHERE ts > make_timestamptz({after}) AND ts <= make_timestamptz({upto}) GROUP BY 1 ORDER BY 1"
    ).fetchall()


def groups(connection: DuckDBPyConnection, route: str) -> list[Group]:
    """Return the versions that gave predictions in `fresh`."""
    found = connection.execute(
        "SELECT DISTINCT version, model FROM fresh WHERE route = ? AND version IS NOT NULL "
        "AND status BETWEEN 200 AND 299 AND outputs IS NOT NULL ORDER BY ALL",
        [route],
    ).fetchall()
    return [Group(route, version, model) for version, model in found]


def answers(connection: DuckDBPyConnection, route: str, every: int) -> dict[tuple[str, int], Answers]:
    """Return the answers in `fresh` by version (empty: by none) and start of the bucket."""
    made: dict[tuple[str, int], Answers] = defaultdict(Answers)
    rows = _grouped(connection, route, every, "coalesce(chosen, ''), outcome, count(*)")
    for version, start, chosen, outcome, n in rows:
        before = made[version, start]
        outcomes = {**before.outcomes, outcome: before.outcomes.get(outcome, 0) + n}
        made[version, start] = replace(before, n=before.n + n, outcomes=outcomes)
        if chosen:
            lost = n if version not in (chosen, "") else 0
            of = made[chosen, start]
            made[chosen, start] = replace(of, chosen=of.chosen + n, fallbacks=of.fallbacks + lost)
    for column, name in (("latency_ms", "latency"), ("queue_ms", "queue")):
        for key, histogram in _histograms(connection, route, every, column).items():
            made[key] = replace(made[key], **{name: histogram})  # type: ignore[arg-type]
    return dict(made)


def _grouped(connection: DuckDBPyConnection, route: str, every: int, what: str) -> list[Any]:
    return connection.execute(
        f"SELECT coalesce(version, ''), micros // {every} * {every}, {what} FROM fresh "  # noqa: S608 - our own
        "WHERE route = ? GROUP BY ALL",
        [route],
    ).fetchall()


def _histograms(
    connection: DuckDBPyConnection, route: str, every: int, column: str
) -> dict[tuple[str, int], dict[int, int]]:
    found: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    rows = connection.execute(
        f"SELECT version, start, {BUCKET} AS bucket, count(*) FROM ("  # noqa: S608 - columns of our own
        f"SELECT *, {SHIFT.format(us='us')} AS s FROM ("
        f"SELECT coalesce(version, '') AS version, micros // {every} * {every} AS start, "
        f"round({column} * 1000)::BIGINT AS us FROM fresh WHERE route = ? AND {column} IS NOT NULL)"
        ") GROUP BY ALL",
        [route],
    ).fetchall()
    for version, start, bucket, n in rows:
        found[version, start][bucket] = n
    return found


def _one(connection: DuckDBPyConnection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
