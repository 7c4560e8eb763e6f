"""Items as a pump makes them."""

from __future__ import annotations

from typing import Any

from gateway.requestlog.sinks.target import Item
from tests.requestlog.sinks.log_site import line


def item(record: dict[str, Any]) -> Item:
    """Return a record as an item."""
    return Item(record, line(record)[:-1], 0, 0)


def items(*records: dict[str, Any]) -> list[Item]:
    """Return records as items."""
    return [item(each) for each in records]
