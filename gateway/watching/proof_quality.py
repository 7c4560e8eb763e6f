"""The query behind each signal that needs the truth: predictions beside their labels."""

from __future__ import annotations

from gateway.requestlog.formats import identifier
from gateway.requestlog.labels_view import number_of
from gateway.watching.stretches import parameter
from gateway.watching.subject import Of, own_micros, whose
from gateway.watching.truths import LEAST_PROBABILITY

_BOTH = "p IS NOT NULL AND value IS NOT NULL"
_CLASSES = "value IN (0, 1) AND p BETWEEN 0 AND 1"
_RIGHT = (
    "CASE WHEN value IS NULL THEN (predicted = label)::INTEGER "
    "ELSE ((p >= {threshold}) = (value = 1))::INTEGER END"
)
_LIKELIHOOD = f"greatest(CASE WHEN value = 1 THEN p ELSE 1 - p END, {LEAST_PROBABILITY})"
_THEN = {
    "labelled": "SELECT count(label) / count(*) AS labelled, count(*) AS n FROM compared",
    "accuracy": "SELECT avg({right}) AS accuracy, count(*) AS n FROM compared WHERE label IS NOT NULL",
    "log_loss": "SELECT avg(-ln({likelihood})) AS log_loss, count(*) AS n FROM compared WHERE {classes}",
    "auc": "SELECT (sum(place) FILTER (value = 1) - pos * (pos + 1) / 2) / (pos * neg) AS auc, "
    "pos + neg AS n FROM "
    "(SELECT value, rank() OVER (ORDER BY p) + (count(*) OVER (PARTITION BY p) - 1) / 2 AS place, "
    "count(*) FILTER (value = 1) OVER () AS pos, count(*) FILTER (value = 0) OVER () AS neg "
    "FROM compared WHERE {classes}) GROUP BY pos, neg",
    "calibration": "SELECT sum(off) / sum(n) AS calibration, sum(n) AS n FROM "
    "(SELECT abs(sum(p) - sum(value)) AS off, count(*) AS n FROM compared "
    "WHERE {classes} GROUP BY least(floor(p * 20), 19))",
    "mae": "SELECT avg(abs(p - value)) AS mae, count(*) AS n FROM compared WHERE {both}",
    "rmse": "SELECT sqrt(avg((p - value) ** 2)) AS rmse, count(*) AS n FROM compared WHERE {both}",
    "bias": "SELECT avg(p - value) AS bias, count(*) AS n FROM compared WHERE {both}",
    # Evidence is no number of single records; what it is made from is the loss of each day.
    "decay": "SELECT day, avg((p - value) ** 2) AS loss, count(*) AS n FROM compared "
    "WHERE {both} GROUP BY day ORDER BY day",
}


def query(of: Of) -> str:
    """Return the query of a signal that needs the truth; empty where no output is known."""
    if not of.output:
        return ""
    right = _RIGHT.format(threshold=repr(of.labels.threshold))
    then = _THEN[of.signal].format(both=_BOTH, classes=_CLASSES, right=right, likelihood=_LIKELIHOOD)
    return f"WITH compared AS ({_compared(of)}) {then}"


def _compared(of: Of) -> str:
    """Return the query for predictions beside their truth, where there is one."""
    predicted = f"p.{identifier(of.output)}::VARCHAR"
    when = own_micros("own_time") if of.time else "epoch_us(p.ts)"
    limits = f" AND {when} >= {of.window.start} AND {when} < {of.window.end}" if of.signal != "decay" else ""
    return (
        f"SELECT make_timestamp({when})::DATE AS day, {predicted} AS predicted, {number_of(predicted)} AS p, "  # noqa: S608
        f"l.label, l.value FROM {_predictions(of.time)} p LEFT JOIN labelled l USING (id, row) "
        f"WHERE {whose(of, 'p.')}{limits}"
    )


def _predictions(time: str) -> str:
    """Return the predictions, with their own time where they have one."""
    if time.startswith("parameters."):
        said = parameter(time.removeprefix("parameters."))
        times = f"(SELECT id, {said} AS own_time FROM requests)"  # noqa: S608 - it is quoted
        return f"(SELECT q.*, r.own_time FROM predictions q LEFT JOIN {times} r ON r.id = q.id)"  # noqa: S608
    return f"(SELECT *, {identifier(time)}::VARCHAR AS own_time FROM predictions)" if time else "predictions"  # noqa: S608
