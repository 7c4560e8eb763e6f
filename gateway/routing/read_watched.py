"""The keys of the top level about what leaves the log and what is said: sinks, alerts, tracing, logging."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any

from gateway.routing.fields import Known
from gateway.routing.read_alerts import read_alerts
from gateway.routing.read_logging import read_logging
from gateway.routing.read_sinks import read_sinks
from gateway.routing.read_tracing import read_tracing
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Mapping, Node, Scalar, Sequence

WATCHED_KEYS = ("log", "sinks", "alerts", "tracing", "logging")


def read_watched(report: Report, given: MappingType[str, Node], services: Known) -> dict[str, Any]:
    """Return the fields of the plan that these keys give, those that are not given left out."""
    found: dict[str, Any] = {}
    if "sinks" in given:
        found["sinks"] = read_sinks(report, given["sinks"], _routes(given))
    if "alerts" in given:
        found["alerts"] = read_alerts(report, given["alerts"], _routes(given), services)
    if "tracing" in given:
        found["tracing"] = read_tracing(report, given["tracing"])
    if "logging" in given:
        found["logging"] = read_logging(report, given["logging"])
    return found


def _routes(given: MappingType[str, Node]) -> Known:
    """Return the names of all routes, also of those with mistakes; None where that cannot be said."""
    node = given.get("routes")
    if node is None:
        return {"default": None}
    if not isinstance(node, Sequence):
        return None
    named = (_name(item) for item in node.items if isinstance(item, Mapping))
    return {name: None for name in named if name is not None}


def _name(route: Mapping) -> str | None:
    found = next((value for key, value in route.pairs if key.value == "name"), None)
    return found.value if isinstance(found, Scalar) else None
