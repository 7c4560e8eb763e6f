"""What was true of one request: its labels found by its id, or by the value of the input that is its key.

The view `labelled` says the same of all predictions at once, and takes a while to be made; a page about one
request must be there at once.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gateway.requestlog.formats import literal
from gateway.requestlog.labels_seal import latest, reading
from gateway.requestlog.labels_view import key_text
from gateway.requestlog.policy import LabelPolicy

if TYPE_CHECKING:
    from gateway.requestlog.lake import Lake


def truths(lake: Lake, record: dict[str, Any], policy: LabelPolicy | None) -> list[dict[str, Any]]:
    """Return the labels of a record by row, each with what was predicted; `received` in microseconds."""
    keys = _values(record["inputs"], policy.key if policy else "")
    by_key, values = "false", {"id": record["id"]}
    if keys:
        values |= {"route": record["route"], "keys": [_key_text(value) for value in keys]}
        by_key = f"{key_text('key')} IN (SELECT unnest($keys::VARCHAR[])) AND route = $route"
    rows = lake.execute(
        f"SELECT id, row, key, label, received FROM ({latest(_source(lake))}) "  # noqa: S608 - made of our own
        f"WHERE id = $id OR ({by_key}) ORDER BY received",
        values,
    ).fetchall()
    found: dict[int, tuple[bool, str, int]] = {}
    for identity, row, key, label, received in rows:
        named = identity is not None
        at_rows = (
            [row] if named else [at for at, text in enumerate(keys) if _key_text(text) == _key_text(key)]
        )
        for at in at_rows:
            if named or not found.get(at, (False,))[0]:  # an identity wins over a key
                found[at] = (named, label, received)
    return [
        {"row": at, "label": label, "predicted": _predicted(record, policy, at), "received": received}
        for at, (_, label, received) in sorted(found.items())
    ]


def _source(lake: Lake) -> str:
    """Return the query for all labels, by the names under which this connection may read their files."""
    pins = set(lake.pins.of("labels"))
    files = {file: pin for file, pin in lake.pins.names.items() if pin in pins}
    query = reading([*files])
    for file, pin in files.items():
        query = query.replace(literal(file), literal(pin))
    return query


def _predicted(record: dict[str, Any], policy: LabelPolicy | None, row: int) -> str | None:
    outputs = record["outputs"] if isinstance(record["outputs"], dict) else {}
    name = policy.output if policy and policy.output else next(iter(outputs), "")
    column = _values(outputs, name)
    if row >= len(column) or column[row] is None:
        return None
    value = column[row]
    return value if isinstance(value, str) else json.dumps(value)


def _values(side: Any, name: str) -> list[Any]:
    column = side.get(name, []) if name and isinstance(side, dict) else []
    return column if isinstance(column, list) else []


def _key_text(value: Any) -> str:
    """Return a key as text, 7.0 as 7: what it is once a value beside it is 8.5."""
    text = value if isinstance(value, str) else json.dumps(value)
    head = text.removesuffix(".0")
    return head if head != text and head.lstrip("-").isdigit() else text
