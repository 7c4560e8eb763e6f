"""The views `labels`, `labelled` and `quality`: the truth, beside what was predicted, and how good that was.

A label finds its prediction by id and row, or by the value of the input that its route declares as key. An
identity wins over a key. Probabilities are compared in 1,000 bins: the area under the ROC curve is exact up
to ties within one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from gateway.requestlog.formats import identifier, literal
from gateway.requestlog.labels_seal import label_files, latest, reading
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import LabelPolicy

BINS = 1000
LEAST_PROBABILITY = 1e-6
"""What a probability is taken for at least, lest one that was quite sure and wrong makes a loss infinite."""


def label_views(
    places: LogPlaces,
    policies: Mapping[str, LabelPolicy],
    columns: Collection[str],
    files: Collection[Path] | None = None,
) -> list[str]:
    """Return the statements that make the views; `predictions` must be there, with these columns.

    `files` are those of labels to read, None: all that are there.
    """
    read = label_files(places) if files is None else files
    return [
        f"CREATE VIEW all_labels AS {latest(reading(read))}",
        "CREATE VIEW labels AS SELECT * REPLACE (make_timestamp(received)::TIMESTAMPTZ AS received) "
        "FROM all_labels",
        f"CREATE VIEW labelled AS {_labelled(policies, columns)}",
        f"CREATE MACRO quality_by(unit) AS TABLE {_quality(policies)}",
        "CREATE VIEW quality AS FROM quality_by('day')",
    ]


def _labelled(policies: Mapping[str, LabelPolicy], columns: Collection[str]) -> str:
    predicted = _predicted(policies, columns)
    told = (
        f"p.id, p.row, p.ts, p.route, p.version, p.model, p.revision, p.key, {predicted} AS predicted, "
        "l.label, l.value, make_timestamp(l.received)::TIMESTAMPTZ AS received"
    )
    parts = [f"SELECT {told} FROM predictions p JOIN all_labels l ON l.id = p.id AND l.row = p.row"]
    for route, policy in policies.items():
        if policy.key and policy.key in columns:
            named = literal(route)
            parts.append(
                f"SELECT {told} FROM predictions p "
                f"JOIN all_labels l ON {key_text('l.key')} = {key_text(f'p.{identifier(policy.key)}')} "
                f"AND l.route = {named} "
                f"WHERE p.route = {named} "
                "AND NOT EXISTS (FROM all_labels o WHERE o.id = p.id AND o.row = p.row)"
            )
    return " UNION ALL ".join(parts)


def key_text(column: str) -> str:
    """Return the SQL of a key's text: 7 also where it is 7.0, as it is once a value beside it is 8.5."""
    return f"regexp_replace({column}::VARCHAR, '^(-?[0-9]+)[.]0$', '\\1')"


def number_of(column: str) -> str:
    """Return the SQL of a prediction's text as a number, true being 1; NULL where it names a class."""
    number = f"try_cast({column} AS DOUBLE)"
    return f"CASE lower({column}) WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 ELSE {number} END"


def _predicted(policies: Mapping[str, LabelPolicy], columns: Collection[str]) -> str:
    """Return the output that is compared: a number as text where it is one, or the name of a class."""
    cases = [
        f"WHEN {literal(route)} THEN p.{identifier(policy.output)}::VARCHAR"
        for route, policy in policies.items()
        if policy.output and policy.output in columns
    ]
    usual = "p.prediction::VARCHAR" if "prediction" in columns else "NULL::VARCHAR"
    return f"CASE p.route {' '.join(cases)} ELSE {usual} END" if cases else usual


_CLASSES = f"""
bins AS (
  SELECT route, version, since, is_class, least(floor(p * {BINS}), {BINS - 1})::INTEGER AS bin,
    count(*) AS n, sum(y) AS truths, sum(p) AS claimed,
    sum(((p >= threshold) = (y = 1))::INTEGER) AS hits,
    sum(-ln(greatest(CASE WHEN y = 1 THEN p ELSE 1 - p END, {LEAST_PROBABILITY}))) AS log_loss,
    sum((p - y) ** 2) AS squares
  FROM pairs JOIN kinds USING (route) WHERE is_class AND p IS NOT NULL AND y IS NOT NULL
  GROUP BY ALL),
ranked AS (
  SELECT *, coalesce(sum(n - truths) OVER (PARTITION BY route, version, since ORDER BY bin
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS negatives_below FROM bins),
tenths AS (
  SELECT route, version, since, bin * 10 // {BINS} AS tenth, abs(sum(claimed) - sum(truths)) AS off
  FROM bins GROUP BY ALL),
calibrations AS (SELECT route, version, since, sum(off) AS off FROM tenths GROUP BY ALL),
classes AS (
  SELECT route, version, since, sum(n)::BIGINT AS n, sum(hits) / sum(n) AS accuracy,
    sum(log_loss) / sum(n) AS log_loss,
    sum(truths * (negatives_below + (n - truths) / 2))
      / nullif(sum(truths) * (sum(n) - sum(truths)), 0) AS auc,
    any_value(off) / sum(n) AS calibration, sum(squares) / sum(n) AS brier,
    sum(truths) / sum(n) AS truth, sum(claimed) / sum(n) AS predicted,
    NULL::DOUBLE AS mae, NULL::DOUBLE AS rmse, NULL::DOUBLE AS bias
  FROM ranked JOIN calibrations USING (route, version, since) GROUP BY route, version, since)"""
"""How good predictions of one of two classes were, from their probabilities in bins."""
_OTHERS = """
numbers AS (
  SELECT route, version, since, count(*) AS n, NULL::DOUBLE AS accuracy, NULL::DOUBLE AS log_loss,
    NULL::DOUBLE AS auc, NULL::DOUBLE AS calibration, NULL::DOUBLE AS brier,
    avg(y) AS truth, avg(p) AS predicted, avg(abs(p - y)) AS mae, sqrt(avg((p - y) ** 2)) AS rmse,
    avg(p - y) AS bias
  FROM pairs JOIN kinds USING (route) WHERE NOT is_class AND p IS NOT NULL AND y IS NOT NULL GROUP BY ALL),
names AS (
  SELECT route, version, since, count(*) AS n, avg(is_same::INTEGER) AS accuracy, NULL::DOUBLE AS log_loss,
    NULL::DOUBLE AS auc, NULL::DOUBLE AS calibration, NULL::DOUBLE AS brier, NULL::DOUBLE AS truth,
    NULL::DOUBLE AS predicted, NULL::DOUBLE AS mae, NULL::DOUBLE AS rmse, NULL::DOUBLE AS bias
  FROM pairs WHERE y IS NULL AND p IS NULL GROUP BY ALL)"""
"""The same of numbers, and of the names of classes."""


def _quality(policies: Mapping[str, LabelPolicy]) -> str:
    limits = [f"WHEN {literal(route)} THEN {policy.threshold!r}" for route, policy in policies.items()]
    threshold = f"CASE route {' '.join(limits)} ELSE 0.5 END" if limits else "0.5"
    return f"""
WITH pairs AS (
  SELECT route, version, date_trunc(unit, ts) AS since, {threshold} AS threshold,
    {number_of("predicted")} AS p, value AS y, predicted = label AS is_same
  FROM labelled),
kinds AS (
  SELECT route, bool_and(y IN (0, 1) AND p BETWEEN 0 AND 1) FILTER (WHERE p IS NOT NULL AND y IS NOT NULL)
    AS is_class FROM pairs GROUP BY route),
{_CLASSES},
{_OTHERS}
SELECT * FROM classes UNION ALL SELECT * FROM numbers UNION ALL SELECT * FROM names"""
