"""What `gateway token list` prints."""

from __future__ import annotations

from typing import Any

from rich.table import Table


def token_table(tokens: list[dict[str, Any]]) -> Table:
    """Draw tokens as `gateway.control.access.token_api.told` says them."""
    table = Table(box=None, pad_edge=False)
    for column in ("id", "name", "role", "routes", "state", "expires", "last used", "created", "by"):
        table.add_column(column)
    for token in tokens:
        state = "in force" if token["in_force"] else "revoked" if token["revoked"] else "expired"
        table.add_row(
            token["id"],
            token["name"],
            token["role"],
            "all" if token["routes"] is None else ", ".join(token["routes"]),
            state,
            _minute(token["expires"]),
            _minute(token["last_used"]),
            _minute(token["created"]),
            token["created_by"],
        )
    return table


def _minute(at: str | None) -> str:
    return "never" if at is None else f"{at[:16].replace('T', ' ')} UTC"
