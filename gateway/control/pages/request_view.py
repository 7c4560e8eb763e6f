"""One request of the log in words and numbers, as its page shows it."""

from __future__ import annotations

import json
from typing import Any, Final

from gateway.requestlog.formats import literal

MOST_NAMES, MOST_ROWS, MOST_TEXT = 200, 8, 2_000
"""What a page shows of inputs and outputs; all of it is in the answer of the API."""
_WHY: Final = {
    "weights": "the weights of revision {revision} sent it there",
    "sticky": "its sticky key kept it on this version by the weights of then (revision {revision})",
    "override": "an override in routing.yaml names the version for such requests (revision {revision})",
    "preview": "the request itself named the version, as the preview header allows (revision {revision})",
}
_NOTES: Final = {
    "filtered": "the route's filter left fields out, or changed them",
    "filter_failed": "it could not be read or filtered, so nothing of its content is here",
    "request_cut": "the request was longer than what is logged of one",
    "response_cut": "the answer was longer than what is logged of one",
    "request_part": "the request did not come whole",
    "response_part": "the answer did not come whole",
    "request_encoded": "the request was compressed, so it was not read",
    "response_encoded": "the answer was compressed, so it was not read",
}


def view_of(found: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a request, as `requests_reading.one` has it."""
    return {
        **found,
        "because": because(found),
        "timing": timing(found),
        "sides": [
            (name, _fields(found[key]))
            for name, key in (("Inputs", "inputs"), ("Outputs", "outputs"), ("Parameters", "parameters"))
            if found[key]
        ],
        "bodies": [
            (name, _cut(found[key]), len(found[key]))
            for name, key in (("Request body", "request_body"), ("Answer's body", "response_body"))
            if found[key]
        ],
        "told": [(note, _NOTES.get(note, "")) for note in found["notes"]],
        "sql": f"SELECT * FROM requests WHERE id = {literal(found['id'])}",  # noqa: S608 - shown, not run
    }


def because(found: dict[str, Any]) -> str:
    """Return why a request went where it went, as a sentence."""
    if not found["route"]:
        return "no route matches its path, so no version got it"
    said = _WHY.get(found["why"] or "", "it was answered before a version was chosen").format(
        revision=found["revision"]
    )
    chosen, version = found["chosen"], found["version"]
    if chosen and version and chosen != version:
        return f"{said}: {chosen} was chosen; it was down, so the request fell back to {version}"
    if chosen and not version:
        return f"{said}: {chosen} was chosen, but no replica of it answered"
    return said


def timing(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a request's time in order, each with its share of the whole in percent."""
    whole = found["latency_ms"]
    if not whole:
        return []
    queue, service = found["queue_ms"] or 0.0, found["service_ms"] or 0.0
    parts = (
        ("waiting for a replica", queue),
        ("the version at work", service),
        ("passing the answer on" if service else "the rest", max(whole - queue - service, 0.0)),
    )
    begin, told = 0.0, []
    for name, ms in parts:
        percent = min(ms / whole, 1.0) * 100
        told.append({"name": name, "ms": ms, "percent": percent, "begin": begin})
        begin += percent
    return told


def _fields(values: Any) -> dict[str, Any]:
    """Return fields as a table: a line for each name, a column for each row of the request."""
    if not isinstance(values, dict):
        return {"rows": [], "lines": [("", [_text(values)])], "left_out": ""}
    lines = [
        (name, [_text(one) for one in (column if isinstance(column, list) else [column])[:MOST_ROWS]])
        for name, column in list(values.items())[:MOST_NAMES]
    ]
    longest = max((len(column) for column in values.values() if isinstance(column, list)), default=1)
    shown = min(longest, MOST_ROWS)
    left_out = []
    if len(values) > MOST_NAMES:
        left_out.append(f"{len(values) - MOST_NAMES} more fields")
    if longest > MOST_ROWS:
        left_out.append(f"{longest - MOST_ROWS} more rows")
    return {
        "rows": list(range(shown)),
        "lines": [(name, column + [""] * (shown - len(column))) for name, column in lines],
        "left_out": " and ".join(left_out),
    }


def _text(value: Any) -> str:
    return _cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"
