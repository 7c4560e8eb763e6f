"""How a service may be used: concurrency, queue, health, outliers, panic, slow start, breaker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.routing.read_settings import (
    Reader,
    is_off,
    meanings,
    or_off,
    percent,
    read_keys,
    seconds,
    whole,
)
from gateway.routing.report import Report, described, text
from gateway.routing.settings import Breaker, HealthCheck, Outliers, Queue, Traffic
from gateway.routing.yaml_nodes import Node

READY = "/v2/health/ready"
"""Where a model that the gateway serves itself tells whether it is ready."""

_TARGET = re.compile(r"/[!-\"$-~]{0,1999}")


def _target(report: Report, node: Node, what: str) -> str | None:
    """Read what a health check asks for: a path, perhaps with a query."""
    value = text(report, node, what, "/healthz")
    if value is None or _TARGET.fullmatch(value):
        return value
    advice = "it must begin with a slash and be printable ASCII without spaces and `#`, such as `/healthz`"
    report.add(node, f"`{what}` is {described(node)}: {advice}")
    return None


_QUEUE: dict[str, Reader] = {"size": whole(0, 100_000), "wait": seconds("ms")}
_HEALTH: dict[str, Reader] = {
    "path": _target,
    "interval": seconds(),
    "timeout": seconds("ms", "s"),
    "healthy": whole(1, 100),
    "unhealthy": whole(1, 100),
}
_OUTLIERS: dict[str, Reader] = {
    "failures": whole(1, 1000),
    "ejection": seconds(),
    "longest": seconds(),
    "most": percent(),
}
_BREAKER: dict[str, Reader] = {
    "errors": percent(zero=False),
    "requests": whole(1, 1_000_000),
    "within": seconds(),
    "open": seconds(),
}


def _queue(report: Report, node: Node, what: str) -> Queue | None:
    found = read_keys(report, node, what, "{size: 256, wait: 100ms}", _QUEUE)
    return Queue(**found[0]) if found else None


def _outliers(report: Report, node: Node, what: str) -> Outliers | None:
    if is_off(node):
        return Outliers(failures=0)
    found = read_keys(report, node, what, "{failures: 5, ejection: 10s}` or `off", _OUTLIERS)
    if found is None:
        return None
    values, nodes = found
    outliers = Outliers(**values)
    if outliers.longest < outliers.ejection and len(values) == len(nodes):
        culprit = "ejection" if "ejection" in nodes else "longest"
        longest = f"`longest` ({outliers.longest:g}s{'' if 'longest' in nodes else ' by default'})"
        shortest = f"`ejection` ({outliers.ejection:g}s{'' if 'ejection' in nodes else ' by default'})"
        report.add(nodes[culprit], f"{shortest} must not be longer than {longest}, up to which it grows")
    return outliers


def _breaker(report: Report, node: Node, what: str) -> Breaker | None:
    if is_off(node):
        return None
    found = read_keys(report, node, what, "{errors: 50, within: 10s, open: 5s}` or `off", _BREAKER)
    return Breaker(**found[0]) if found else None


_READERS: dict[str, Reader] = {
    "concurrency": whole(1, 1_000_000),
    "queue": or_off(_queue, "{size: 0}"),
    "outliers": or_off(_outliers, "off"),
    "panic": or_off(percent(), "0"),
    "slow_start": or_off(seconds(zero=True), "0s"),
    "breaker": or_off(_breaker, "off"),
}
TRAFFIC_KEYS = ("health", *_READERS)


def read_traffic(report: Report, given: Mapping[str, Node], *, supervised: bool) -> Traffic:
    """Return how a service may be used; `supervised` ones are asked for their health unless told not to."""
    values: dict[str, Any] = meanings(report, given, _READERS)
    if "health" not in given:
        return Traffic(health=HealthCheck(READY) if supervised else None, **values)
    usual_path = READY if supervised else ""
    read = or_off(lambda report, node, _: _health(report, node, usual_path), "off")
    return Traffic(health=read(report, given["health"], "health"), **values)


def _health(report: Report, node: Node, usual_path: str) -> HealthCheck | None:
    if is_off(node):
        return None
    found = read_keys(report, node, "health", "{path: /healthz}` or `off", _HEALTH)
    if found is None:
        return None
    values, nodes = found
    if "path" not in nodes and not usual_path:
        report.add(node, "`health` has no `path`; say what to ask for, such as `path: /healthz`")
    return HealthCheck(**{"path": usual_path, **values})
