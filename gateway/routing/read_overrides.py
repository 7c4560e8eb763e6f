"""The `override` of a route in routing.yaml: requests that name where they go by a header."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.routing import fields
from gateway.routing.fields import Known
from gateway.routing.plan import Override
from gateway.routing.report import Report, entries, mapping, sequence, text
from gateway.routing.yaml_nodes import Node

MAX_OVERRIDES = 100


def read_overrides(report: Report, node: Node, known: Known) -> Iterator[Override]:
    """Yield the overrides that can be read; what is wrong with others goes to `report`."""
    items = sequence(report, node, "override", "- {header: x-canary, value: always, to: canary}") or ()
    if len(items) > MAX_OVERRIDES:
        report.add(node, f"there are {len(items)} overrides; at most {MAX_OVERRIDES} are possible per route")
        return
    first: dict[tuple[str, str], int] = {}
    for item in items:
        override = _override(report, item, known)
        if override is None:
            continue
        condition = (override.header, override.value)
        if condition in first:
            same = f"line {first[condition]} has the same header and value"
            report.add(item, f"this override is never reached: {same}")
        first.setdefault(condition, item.line)
        yield override


def _override(report: Report, node: Node, known: Known) -> Override | None:
    found = mapping(report, node, "override", "{header: x-canary, value: always, to: canary}")
    if found is None:
        return None
    keys = ("header", "value", "to")
    given = entries(report, found, "an override", keys)
    missing = [key for key in keys if key not in given]
    if missing:
        report.add(found, f"this override has no {' and no '.join(f'`{key}`' for key in missing)}")
    header = fields.token(report, given["header"], "header", "x-canary") if "header" in given else None
    value = _header_value(report, given["value"]) if "value" in given else None
    to = fields.service(report, given["to"], "to", known) if "to" in given else None
    if header is None or value is None or to is None:
        return None
    return Override(header.lower(), value, to)


def _header_value(report: Report, node: Node) -> str | None:
    value = text(report, node, "value", "always")
    if value is None or (value.isascii() and value == value.strip()):
        return value
    report.add(
        node, "the value of a header must be ASCII without spaces around it; anything else never matches"
    )
    return None
