"""A record's inputs and outputs as the Open Inference JSON they came from, as far as the filter left them."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.requestlog.sinks.target import Record

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


def request_of(record: Record) -> tuple[bytes, str]:
    """Return the request's body and content type; empty where the log has none."""
    return _message(record, "inputs", "request_body")


def response_of(record: Record) -> tuple[bytes, str]:
    """Return the answer's body and content type; empty where the log has none."""
    return _message(record, "outputs", "response_body")


def _message(record: Record, fields: str, raw: str) -> tuple[bytes, str]:
    if fields in record:
        found: dict[str, Any] = {"id": record.get("id", "")}
        if fields == "outputs":
            found["model_name"] = record.get("version", "")
        elif "parameters" in record:
            found["parameters"] = record["parameters"]
        found[fields] = [tensor(name, values) for name, values in record[fields].items()]
        return orjson.dumps(found), JSON
    text = str(record.get(raw, ""))
    return text.encode(), JSON if _is_json(text) else TEXT


def tensor(name: str, values: Any) -> dict[str, Any]:
    """Return one input or output, its type and shape derived from its values."""
    rows = values if isinstance(values, list) else [values]
    shape = _shape(rows)
    flat: list[Any] = rows
    for _ in shape[1:]:
        flat = [each for row in flat for each in row]
    return {"name": name, "shape": shape, "datatype": _datatype(flat), "data": flat}


def _shape(rows: list[Any]) -> list[int]:
    """Return the lengths of lists in lists, as deep as all are equally long."""
    shape = [len(rows)]
    while rows and all(isinstance(row, list) for row in rows) and len({len(row) for row in rows}) == 1:
        shape.append(len(rows[0]))
        rows = [each for row in rows for each in row]
    return shape


def _datatype(flat: list[Any]) -> str:
    known = [each for each in flat if each is not None]
    if known and all(isinstance(each, bool) for each in known):
        return "BOOL"
    if any(isinstance(each, bool) or not isinstance(each, (int, float)) for each in known):
        return "BYTES"
    return "INT64" if known and all(isinstance(each, int) for each in known) else "FP64"


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True
