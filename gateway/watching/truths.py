"""Labels that came since the last look, beside their predictions: losses by the bucket of the prediction.

A truth that is told again, differently, replaces the one told before: the old one is counted with weight -1.
A label whose prediction is not in the log any more, or was never, counts nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.requestlog.formats import identifier, literal
from gateway.requestlog.labels_view import key_text, number_of
from gateway.requestlog.policy import LabelPolicy
from gateway.watching.basis import Scale
from gateway.watching.stretches import Stretch, parameter, start_of
from gateway.watching.summary import SCORE_BINS, Truths

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LEAST_PROBABILITY = 1e-6
"""As in the view `quality`."""

Key = tuple[str, str | None, int]
"""version, model, start of the bucket."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How a route's labels are compared with its predictions: the column of the view, and the policy.

    `scale` is that of the output, None where it is not known: each pair then says by itself what it is.
    """

    route: str
    column: str
    policy: LabelPolicy
    scale: Scale | None = None


def load(connection: DuckDBPyConnection, source: str, after: int, upto: int) -> int:
    """Make the table `told` of labels received later than `after` up to `upto`; return how many are new.

    `source` is the query for all labels, see `gateway.requestlog.labels_seal.reading`.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told AS "  # noqa: S608 - made of paths that are quoted
        "WITH new AS (SELECT DISTINCT coalesce(id, '') AS id, row, coalesce(route, '') AS route, "
        f"coalesce(key, '') AS key FROM ({source}) WHERE received > {after} AND received <= {upto}), "
        "every AS (SELECT n.*, label, value, received FROM new n "
        f"JOIN ({source}) l ON coalesce(l.id, '') = n.id AND l.row = n.row "
        "AND coalesce(l.route, '') = n.route AND coalesce(l.key, '') = n.key), "
        "words AS (SELECT id, row, route, key, 1 AS weight, arg_max(label, received) AS label, "
        f"arg_max_null(value, received) AS value FROM every WHERE received <= {upto} GROUP BY ALL "
        "UNION ALL SELECT id, row, route, key, -1, arg_max(label, received), arg_max_null(value, received) "
        f"FROM every WHERE received <= {after} GROUP BY ALL) "
        "SELECT * FROM words"
    )
    row = connection.execute("SELECT count(*) FROM told WHERE weight = 1").fetchone()
    return int(row[0]) if row else 0


def compare(
    connection: DuckDBPyConnection, of: Compared, stretch: Stretch, columns: Iterable[str]
) -> dict[Key, Truths]:
    """Return what the labels in `told` say of a route's predictions; `columns` are those of the view."""
    known = set(columns)
    if of.column not in known:
        return {}
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE compared AS {_compared(of, stretch, known)}"  # made of quoted names
    )
    found = _sums(connection, of.policy.threshold)
    for (version, model, start, bin_, is_true), n in _scores(connection).items():
        truths = found[version, model, start]
        side: Any = truths.positives if is_true else truths.negatives
        side[bin_] = n
    return found


def _compared(of: Compared, stretch: Stretch, known: set[str]) -> str:
    predicted = f"p.{identifier(of.column)}::VARCHAR"
    when, beside = _when(stretch.time, known)
    told = (
        f"SELECT p.version, p.model, epoch_us(p.ts) AS micros, {when or 'NULL'} AS time, "  # noqa: S608
        f"{predicted} AS predicted, l.weight, l.label, l.value FROM predictions p {beside} JOIN told l ON "
    )
    ours = f"p.route = {literal(of.route)} AND p.version IS NOT NULL AND p.status BETWEEN 200 AND 299"
    parts = [f"{told} l.id = p.id AND l.row = p.row WHERE l.id <> '' AND {ours}"]
    if of.policy.key in known:
        same = f"{key_text('l.key')} = {key_text(f'p.{identifier(of.policy.key)}')}"
        parts.append(f"{told} {same} WHERE l.key <> '' AND l.route = {literal(of.route)} AND {ours}")
    joined = " UNION ALL ".join(parts)
    start = start_of("time" if when else "", stretch)
    are_numbers = "p IS NOT NULL AND value IS NOT NULL"
    is_share = f"{are_numbers} AND p BETWEEN 0 AND 1 AND value IN (0, 1)"
    is_class = "false" if of.scale == "number" else is_share
    return (
        f"SELECT *, {is_class} AS is_class, {are_numbers} AND NOT ({is_class}) AS is_number, "  # noqa: S608 - as above
        f"value IS NULL AND predicted IS NOT NULL AS is_name, {start} AS start "
        f"FROM (SELECT *, {number_of('predicted')} AS p FROM ({joined}))"
    )


def _when(time: str, known: set[str]) -> tuple[str, str]:
    """Return the SQL of a prediction's own time, and what must be joined for it."""
    if time.startswith("parameters."):
        told = parameter(time.removeprefix("parameters."))
        return "r.time", f"LEFT JOIN (SELECT id, {told} AS time FROM requests) r ON r.id = p.id"  # noqa: S608
    return (f"p.{identifier(time)}::VARCHAR", "") if time in known else ("", "")


def _sums(connection: DuckDBPyConnection, threshold: float) -> dict[Key, Truths]:
    right = f"((p >= {threshold!r}) = (value = 1))::INTEGER"
    likelihood = f"greatest(CASE WHEN value = 1 THEN p ELSE 1 - p END, {LEAST_PROBABILITY})"
    counted = [
        "weight",
        "weight FILTER (is_class OR is_name)",
        "weight FILTER (is_class)",
        "weight FILTER (is_number)",
        f"weight * CASE WHEN is_class THEN {right} ELSE (predicted = label)::INTEGER END "
        "FILTER (is_class OR is_name)",
    ]
    summed = [
        f"weight * -ln({likelihood}) FILTER (is_class)",
        "weight * (p - value) ** 2 FILTER (is_class)",
        "weight * p * (1 - p) FILTER (is_class)",
        "weight * (p - value) FILTER (is_number)",
        "weight * abs(p - value) FILTER (is_number)",
        "weight * (p - value) ** 2 FILTER (is_number)",
    ]
    columns = [_sum(it, "BIGINT") for it in counted] + [_sum(it, "DOUBLE") for it in summed]
    rows = connection.execute(
        f"SELECT version, model, start, {', '.join(columns)} FROM compared GROUP BY ALL"  # noqa: S608 - our own
    ).fetchall()
    return {(version, model, start): _truths(sums) for version, model, start, *sums in rows}


def _sum(what: str, kind: str) -> str:
    value, _, condition = what.partition(" FILTER ")
    return f"coalesce(sum({value}){f' FILTER {condition}' if condition else ''}, 0)::{kind}"


def _truths(sums: Sequence[Any]) -> Truths:
    n, classes, scored, numbers, right, log_loss, brier, expected, error, absolute, square = sums
    return Truths(n, classes, scored, numbers, right, log_loss, brier, expected, error, absolute, square)


def _scores(connection: DuckDBPyConnection) -> dict[tuple[str, str | None, int, int, bool], int]:
    found: dict[tuple[str, str | None, int, int, bool], int] = defaultdict(int)
    rows = connection.execute(
        f"SELECT version, model, start, least(floor(p * {SCORE_BINS}), {SCORE_BINS - 1})::INTEGER, "  # noqa: S608
        "value = 1, sum(weight)::BIGINT FROM compared WHERE is_class GROUP BY ALL HAVING sum(weight) <> 0"
    ).fetchall()
    for version, model, start, bin_, is_true, n in rows:
        found[version, model, start, bin_, is_true] = n
    return found
