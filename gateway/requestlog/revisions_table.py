"""The table `revisions` beside the log; its rows are handed in, for they come from the journal of changes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.requestlog.formats import literal, nothing

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COLUMNS = {
    "number": "BIGINT",
    "ts": "TIMESTAMPTZ",
    "author": "VARCHAR",
    "reason": "VARCHAR",
    "what": "VARCHAR",
}
RevisionRow = tuple[int, float, str, str, str]
"""number, seconds since 1970, author, reason, what was changed."""


def make_revisions(connection: DuckDBPyConnection, rows: Iterable[RevisionRow]) -> None:
    """Make the table `revisions`, whatever text the rows hold."""
    told = [
        {"number": number, "at": round(at * 1e6), "author": author, "reason": reason, "what": what}
        for number, at, author, reason, what in rows
    ]
    connection.execute(f"CREATE TABLE revisions AS {nothing(_COLUMNS)}")
    shape = '[{"number":"BIGINT","at":"BIGINT","author":"VARCHAR","reason":"VARCHAR","what":"VARCHAR"}]'
    connection.execute(
        "INSERT INTO revisions SELECT r.number, make_timestamptz(r.at), r.author, r.reason, r.what "  # noqa: S608
        f"FROM (SELECT unnest(from_json($rows, {literal(shape)})) AS r)",
        {"rows": json.dumps(told)},
    )
