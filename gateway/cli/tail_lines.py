"""How `gateway log tail` shows a record: a line with colours on a terminal, or JSON."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

from gateway.cli.common import Running
from gateway.cli.tail_filter import Condition

_COLOURS = {"2": "32", "3": "36", "4": "33", "5": "31;1"}


def last_records(running: Running, wanted: list[Condition], count: int) -> list[dict[str, Any]]:
    """Return the last records that meet all conditions, oldest first; raises GatewayError."""
    from gateway.cli.lake_access import connected
    from gateway.cli.log_damage import warn
    from gateway.requestlog.query import run

    where = " AND ".join(condition.sql() for condition in wanted) or "true"
    sql = (
        f"SELECT * REPLACE (epoch_us(ts) AS ts) FROM requests WHERE {where} "  # noqa: S608 - quoted there
        f"ORDER BY ts DESC LIMIT {count}"
    )
    with connected(running, sql) as lake:
        warn(lake)
        found = run(lake, sql)
    records = [_record(dict(zip(found.columns, row, strict=True))) for row in found.rows]
    return records[::-1]


def line_of(record: dict[str, Any], *, as_json: bool, colours: bool | None = None) -> str:
    """Return a record as a line; `colours` None: where standard output is a terminal."""
    if as_json:
        return json.dumps(record, ensure_ascii=False)
    at = datetime.fromtimestamp(record["ts"] / 1e6, UTC).strftime("%H:%M:%S.%f")[:-3]
    status = str(record.get("status", "-"))
    if sys.stdout.isatty() if colours is None else colours:
        status = f"\x1b[{_COLOURS.get(status[0], '0')}m{status}\x1b[0m"
    words: list[str] = [
        f"{record.get('latency_ms', 0.0):8.1f} ms",
        record.get("route") or "-",
        record.get("version") or "-",
        record.get("method") or "-",
        record.get("path") or "-",
        record["id"],
    ]
    if record.get("outcome", "ok") != "ok":
        words.append(record["outcome"])
    return f"{at} {status} {_printable(' '.join(words))}"


def _record(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as the line it was written as: without what is NULL, JSON as values."""
    kept = {name: value for name, value in row.items() if value is not None}
    for name in ("inputs", "outputs", "parameters"):
        if name in kept:
            kept[name] = json.loads(kept[name])
    return kept


def _printable(text: str) -> str:
    """Take out what could do something to a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
