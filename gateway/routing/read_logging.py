"""The `logging` of routing.yaml: how the gateway's processes say what they do."""

from __future__ import annotations

from gateway.requestlog.policy import Logging
from gateway.routing.read_settings import Reader, choice, flag, read_keys
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Node

_READERS: dict[str, Reader] = {
    "format": choice("console", "json"),
    "level": choice("debug", "info", "warning", "error"),
    "access": flag,
}
LOGGING_KEYS = tuple(_READERS)


def read_logging(report: Report, node: Node) -> Logging:
    """Return how processes log; what is not given, or wrong, is as usual."""
    found = read_keys(report, node, "logging", "{format: json, level: info}", _READERS)
    return Logging(**found[0]) if found else Logging()
