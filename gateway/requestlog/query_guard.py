"""What a query may read from: views, and functions that make rows of their arguments.

DuckDB itself is locked against all files but those of the log. This is a second wall: what is read through
/proc/self/fd (see `pins.py`) must not lead to the other descriptors of this process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.requestlog.lake import Lake

FUNCTIONS = frozenset(
    {
        "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree",
        "histogram", "histogram_values", "summary", "quality_by", "pragma_version", "duckdb_columns",
        "duckdb_functions", "duckdb_keywords", "duckdb_settings", "duckdb_tables", "duckdb_types",
        "duckdb_views",
    }
)  # fmt: skip
"""Those that stand in FROM and read no file."""
_OF_FILES = ("/", "\\", ".", "*", "?", ":")


def guard(lake: Lake, sql: str) -> None:
    """Raise GatewayError where a SELECT reads from anything else than views and `FUNCTIONS`."""
    row = lake.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchone()
    tree = json.loads(row[0]) if row else {"error": True}
    if tree["error"]:
        reason = tree.get("error_message", "no reason is known")
        raise GatewayError(f"this query cannot be checked, so it is not run: {reason}")
    for node in _nodes(tree["statements"]):
        if node.get("type") == "TABLE_FUNCTION":
            name = str(node["function"].get("function_name", "")).casefold()
            if name not in FUNCTIONS:
                raise GatewayError(
                    f"{name}(…) is not for queries: they read the views, which `gateway query` lists, "
                    "and nothing else"
                )
        if node.get("type") == "BASE_TABLE" and any(sign in node["table_name"] for sign in _OF_FILES):
            raise GatewayError(
                f"there is no view {node['table_name']!r}, and no file is read; "
                "`gateway query` lists the views"
            )


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    todo = [tree]
    while todo:
        found = todo.pop()
        if isinstance(found, dict):
            yield found
            todo.extend(found.values())
        elif isinstance(found, list):
            todo.extend(found)
