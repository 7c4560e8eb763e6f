"""The `tracing` of routing.yaml: where spans are sent, and of how many requests."""

from __future__ import annotations

from gateway.requestlog.policy import Tracing
from gateway.routing import fields
from gateway.routing.read_settings import Reader, read_keys
from gateway.routing.read_shares import share
from gateway.routing.read_targets import web_sink
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Node

_READERS: dict[str, Reader] = {"otlp": web_sink, "sample": share, "service": fields.name}
TRACING_KEYS = tuple(_READERS)


def read_tracing(report: Report, node: Node) -> Tracing:
    """Return how requests are traced; what is not given, or wrong, is as usual."""
    example = "{otlp: http://127.0.0.1:4318/v1/traces, sample: 1%}"
    found = read_keys(report, node, "tracing", example, _READERS)
    if found is None:
        return Tracing()
    values, nodes = found
    if "otlp" not in nodes:
        report.add(node, f"`tracing` has no `otlp`; say where spans go, as in `{example}`")
    return Tracing(**values)
