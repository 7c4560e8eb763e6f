"""Counts of inputs and outputs in new records, by DuckDB: a row per prediction, then a count per field."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from gateway.requestlog.formats import identifier, literal
from gateway.watching.basis import MOST_FIELDS, Basis, Binning
from gateway.watching.bins_sql import Measure, measure
from gateway.watching.stretches import Stretch, parameter, start_of
from gateway.watching.summarise import Group
from gateway.watching.summary import Predictions, Values

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def unfold(connection: DuckDBPyConnection, group: Group, basis: Basis, stretch: Stretch) -> None:
    """Make the table `unfolded` of a group's predictions: `start`, inputs i0, i1 … and outputs o0, o1 …"""
    inputs, outputs = [it.name for it in basis.inputs], [it.name for it in basis.outputs]
    when, listed = _time(stretch.time)
    extra = [listed] if listed and listed not in inputs else []
    values = [f"unnest(i.{identifier(name)}) AS i{at}" for at, name in enumerate([*inputs, *extra])]
    values += [f"unnest(o.{identifier(name)}) AS o{at}" for at, name in enumerate(outputs)]
    if listed:
        when = f"i{[*inputs, *extra].index(listed)}"
    # Without a field to watch a request counts as one prediction.
    unnested = ", ".join(values) if values else "1 AS one"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE unfolded AS "  # noqa: S608 - names are quoted
        f"SELECT *, {start_of(when, stretch)} AS start FROM (SELECT micros, parameters, {unnested} FROM ("
        f"SELECT micros, parameters, {_struct('inputs', [*inputs, *extra])} AS i, "
        f"{_struct('outputs', outputs)} AS o FROM fresh WHERE route = ? AND version = ? "
        "AND model IS NOT DISTINCT FROM ? AND status BETWEEN 200 AND 299 AND outputs IS NOT NULL))",
        [group.route, group.version, group.model],
    )


def _struct(column: str, names: Iterable[str]) -> str:
    wanted = {name: ["VARCHAR"] for name in names}
    return f"json_transform({column}, {literal(json.dumps(wanted))})" if wanted else "NULL"


def _time(time: str) -> tuple[str, str]:
    """Return the SQL of the text that says when, or the input whose list has it."""
    if time.startswith("parameters."):
        return parameter(time.removeprefix("parameters.")), ""
    return "", time


def predictions(connection: DuckDBPyConnection, basis: Basis) -> dict[int, Predictions]:
    """Return the predictions in `unfolded` by the start of their bucket."""
    counts = connection.execute("SELECT start, count(*) FROM unfolded GROUP BY 1").fetchall()
    inputs = _sides(connection, basis.inputs, "i")
    outputs = _sides(connection, basis.outputs, "o")
    return {start: Predictions(n, inputs.get(start, {}), outputs.get(start, {})) for start, n in counts}


def _sides(
    connection: DuckDBPyConnection, binnings: Iterable[Binning], side: str
) -> dict[int, dict[str, Values]]:
    made: dict[int, dict[str, Values]] = defaultdict(dict)
    for number, binning in enumerate(binnings):
        for start, values in _counted(connection, measure(f"{side}{number}", binning)).items():
            made[start][binning.name] = values
    return made


def _counted(connection: DuckDBPyConnection, of: Measure) -> Mapping[int, Values]:
    found: dict[int, Values] = defaultdict(Values)
    rows = connection.execute(
        f"SELECT start, {of.bin} AS bin, count(*), count(*) FILTER ({of.missing}), "  # noqa: S608 - made here
        f"count(*) FILTER ({of.outside}), count(*) FILTER ({of.unknown}), count(*) FILTER ({of.positive}), "
        f"coalesce(sum({of.confidence}), 0)::DOUBLE FROM (SELECT start, {of.text} AS text, "
        f"{of.value} AS value FROM unfolded) GROUP BY 1, 2"
    ).fetchall()
    for start, bin_, n, missing, outside, unknown, positive, confidence in rows:
        it = found[start]
        found[start] = Values(
            it.n + n,
            it.missing + missing,
            it.outside + outside,
            it.unknown + unknown,
            it.positive + positive,
            it.confidence + confidence,
            it.bins if bin_ is None else {**it.bins, bin_: n},
        )
    return found


def column_texts(
    connection: DuckDBPyConnection, group: Group, before: int, most: int
) -> tuple[dict[str, list[str | None]], dict[str, list[str | None]]]:
    """Return the first values of a group's inputs and outputs, as text, of at most so many requests."""
    rows = connection.execute(
        "SELECT inputs, outputs FROM requests WHERE route = ? AND version = ? "  # noqa: S608 - a number
        f"AND model IS NOT DISTINCT FROM ? AND status BETWEEN 200 AND 299 AND outputs IS NOT NULL "
        f"AND ts <= make_timestamptz({before}) ORDER BY ts, id LIMIT {most}",
        [group.route, group.version, group.model],
    ).fetchall()
    return _columns(row[0] for row in rows), _columns(row[1] for row in rows)


def _columns(documents: Iterable[str | None]) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for document in documents:
        for name, values in json.loads(document or "{}").items():
            if name in found or len(found) < MOST_FIELDS:
                found.setdefault(name, []).extend(_text(value) for value in values)
    return found


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
