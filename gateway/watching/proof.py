"""The query behind each signal: SQL over the log's views that gives the value again, from single records.

`gateway query` runs it. Where a summary is coarser than the records (quantiles, and scores in 200 bins) the
two agree up to that.
"""

from __future__ import annotations

import json

from gateway.requestlog.formats import literal
from gateway.routing.watches import SIGNALS
from gateway.watching import proof_drift, proof_quality
from gateway.watching.bins_sql import measure
from gateway.watching.signals import FAILED
from gateway.watching.stretches import parameter
from gateway.watching.subject import Of, between, own_micros, whose
from gateway.watching.windows import Window


def query(of: Of) -> str:
    """Return the query of a signal; empty where the log does not have it (cpu, memory)."""
    if of.signal == "dropped":
        return _dropped(of.window)
    if of.signal in _ANSWERS:
        return _answers(of)
    if of.signal in _FIELDS or of.signal in ("drift", "output_drift"):
        return _field(of)
    if SIGNALS[of.signal][0] == "quality":
        return proof_quality.query(of)
    return ""


_FAILED = ", ".join(map(literal, FAILED))
_ANSWERS = {
    "rate": "count(*) * 1e6 / greatest({end} - greatest({start}, "
    "(SELECT epoch_us(min(ts)) // {every} * {every} FROM requests WHERE route = {route})), 1000000)",
    "errors": f"avg((outcome IN ({_FAILED}))::INTEGER)",
    "refused": "avg((outcome = 'refused')::INTEGER)",
    "latency_p50": "quantile_cont(latency_ms, 0.5)",
    "latency_p99": "quantile_cont(latency_ms, 0.99)",
    "queue_p99": "quantile_cont(queue_ms, 0.99)",
    "fallbacks": "avg((version IS NOT NULL AND version <> chosen)::INTEGER)",
}
_FIELDS = {
    "missing": "avg(({missing})::INTEGER)",
    "null": "avg(({missing})::INTEGER)",
    "out_of_range": "avg(({outside})::INTEGER) FILTER (NOT ({missing}))",
    "new_categories": "avg(({unknown})::INTEGER) FILTER (NOT ({missing}))",
    "positive": "avg(({positive})::INTEGER) FILTER (NOT ({missing}))",
    "confidence": "avg({confidence}) FILTER (NOT ({missing}))",
}


def _answers(of: Of) -> str:
    value = _ANSWERS[of.signal].format(
        start=of.window.start, end=of.window.end, every=of.every, route=literal(of.route)
    )
    if of.signal == "errors" and not of.version:
        value = f"avg((version IS NULL AND outcome IN ({_FAILED}))::INTEGER)"
    whose = "chosen" if of.signal == "fallbacks" else "version"
    version = f" AND {whose} = {literal(of.version)}" if of.version else ""
    return (
        f"SELECT {value} AS {of.signal}, count(*) AS n FROM requests "  # noqa: S608 - all of it is quoted
        f"WHERE route = {literal(of.route)}{version} AND {between('ts', of.window)}"
    )


def _dropped(window: Window) -> str:
    return (
        "SELECT lost / (lost + kept) AS dropped, lost + kept AS n FROM "  # noqa: S608 - times alone
        f"(SELECT coalesce(sum(records), 0) AS lost FROM gaps WHERE {between('until', window)}), "
        f"(SELECT count(*) AS kept FROM requests WHERE {between('ts', window)})"
    )


def _field(of: Of) -> str:
    is_input = of.signal in ("missing", "out_of_range", "new_categories", "drift")
    binnings = of.basis.inputs if is_input else of.basis.outputs
    binning = next((it for it in binnings if it.name == of.name), None)
    if binning is None:
        return ""
    made = measure("text", binning)
    told = (
        f"WITH told AS ({_texts(of, is_input=is_input)}), "  # noqa: S608 - names are quoted
        f"seen AS (SELECT start, text, {made.value} AS value FROM told)"
    )
    if of.signal in ("drift", "output_drift"):
        return f"{told}, {proof_drift.query(of.signal, binning, made.bin, of.every)}"
    value = _FIELDS[of.signal].format(
        missing=made.missing,
        outside=made.outside,
        unknown=made.unknown,
        positive=made.positive,
        confidence=made.confidence,
    )
    return f"{told} SELECT {value} AS {of.signal}, count(*) AS n FROM seen"  # noqa: S608 - as above


def _texts(of: Of, *, is_input: bool) -> str:
    """Return the query for every prediction's value of the field, as text, and the start of its bucket."""
    first = of.basis.outputs[0].name if of.basis.outputs else ""
    rows = f"json_array_length(outputs, {_path(first)})"
    values = f"json_extract_string({'inputs' if is_input else 'outputs'}, {_path(of.name, '[*]')})"
    text = f"unnest(list_resize({values}, {rows})) AS text"
    if not of.time:
        start = f"epoch_us(ts) // {of.every} AS start"
        return f"SELECT {text}, {start} FROM requests WHERE {whose(of)} AND {between('ts', of.window)}"  # noqa: S608
    when, micros = _own_time(of.time, rows), own_micros("said")
    return (
        f"SELECT text, {micros} // {of.every} AS start "  # noqa: S608 - names are quoted
        f"FROM (SELECT {text}, {when} AS said FROM requests WHERE {whose(of)}) "
        f"WHERE {micros} >= {of.window.start} AND {micros} < {of.window.end}"
    )


def _own_time(time: str, rows: str) -> str:
    if time.startswith("parameters."):
        return parameter(time.removeprefix("parameters."))
    return f"unnest(list_resize(json_extract_string(inputs, {_path(time, '[*]')}), {rows}))"


def _path(name: str, then: str = "") -> str:
    return literal(f"$.{json.dumps(name, ensure_ascii=False)}{then}")
