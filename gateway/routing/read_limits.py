"""The `limits` of routing.yaml: what one client may cost."""

from __future__ import annotations

from gateway.routing.read_settings import GIB, KIB, MIB, read_keys, seconds, shown_size, size, whole
from gateway.routing.report import Report
from gateway.routing.settings import Limits
from gateway.routing.yaml_nodes import Node

_READERS = {
    "head": size(KIB, MIB),
    "fields": whole(1, 1000),
    "url": size(256, 64 * KIB),
    "body": size(0, 1024 * GIB),
    "connections": whole(1, 1_000_000),
    "connections_per_address": whole(1, 1_000_000),
    "requests_per_connection": whole(1, 100_000_000),
    "head_timeout": seconds(),
    "body_timeout": seconds(),
    "keep_alive_timeout": seconds(),
    "tunnel_timeout": seconds(),
    "drain_timeout": seconds(),
}
LIMIT_KEYS = tuple(_READERS)


def read_limits(report: Report, node: Node) -> Limits:
    """Return the limits; what is not given, or wrong, is as usual."""
    found = read_keys(report, node, "limits", "{head: 32KiB, body: 1GiB}", _READERS)
    if found is None:
        return Limits()
    values, nodes = found
    limits = Limits(**values)
    wrong = [key for key in ("head", "url") if key in nodes and key not in values]
    if limits.url >= limits.head and not wrong:
        sizes = [
            f"`{key}` ({shown_size(getattr(limits, key))}{'' if key in nodes else ' by default'})"
            for key in ("url", "head")
        ]
        culprit = nodes["url"] if "url" in nodes else nodes["head"]
        report.add(culprit, f"{sizes[0]} must be smaller than {sizes[1]}, which the url is a part of")
    return limits
