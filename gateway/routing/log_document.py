"""The request log, watching, tracing and the processes' own logs as plain JSON values, for journal and slot.

What is as usual is left out, key by key: there may be 10,000 routes, and a default may change later on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from gateway.requestlog.policy import (
    Coarsen,
    Filter,
    LabelPolicy,
    Logging,
    LogPolicy,
    LogSettings,
    Sink,
    Tracing,
)
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.watches import DEFAULT_ALERTS, AlertRule, Monitor

USUAL_LOG, USUAL_MONITOR = LogPolicy(), Monitor()
"""Shared by all routes that say nothing: comparing two plans then compares no more than identities."""
_USUAL_SETTINGS, _USUAL_TRACING, _USUAL_LOGGING = LogSettings(), Tracing(), Logging()


def route_parts(route: Route) -> dict[str, Any]:
    """Return the keys `log` and `monitor` of a route's document, each only where it is not as usual."""
    parts: dict[str, Any] = {}
    if route.log is None:
        parts["log"] = None
    elif route.log is not USUAL_LOG and route.log != USUAL_LOG:
        parts["log"] = _policy_document(route.log)
    if route.monitor is not USUAL_MONITOR and route.monitor != USUAL_MONITOR:
        parts["monitor"] = _unusual(route.monitor, USUAL_MONITOR)
    return parts


def _policy_document(policy: LogPolicy) -> dict[str, Any]:
    document = _unusual(policy, USUAL_LOG)
    if "filter" in document:
        document["filter"] = _unusual(policy.filter, USUAL_LOG.filter)
        if policy.filter.coarsen:
            document["filter"]["coarsen"] = [asdict(rule) for rule in policy.filter.coarsen]
    if "labels" in document:
        document["labels"] = _unusual(policy.labels, USUAL_LOG.labels)
    return document


def _unusual(value: Any, usual: Any) -> dict[str, Any]:
    """Return the fields in which two values of one kind differ, lists as lists."""
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    return {
        name: list(part) if isinstance(part, tuple) else part
        for name, part in found.items()
        if part != getattr(usual, name)
    }


def log_from(route: Mapping[str, Any]) -> LogPolicy | None:
    """Return the policy of a route's document: None where its requests are not logged."""
    if "log" not in route:
        return USUAL_LOG
    given = route["log"]
    if given is None:
        return None
    parts = dict(given)
    if "filter" in parts:
        parts["filter"] = _filter_from(parts["filter"])
    if "labels" in parts:
        parts["labels"] = LabelPolicy(**parts["labels"])
    return LogPolicy(**parts)


def _filter_from(document: Mapping[str, Any]) -> Filter:
    given = _tuples(document)
    if "coarsen" in given:
        rules = given["coarsen"]
        given["coarsen"] = tuple(Coarsen(**{**rule, "edges": tuple(rule["edges"])}) for rule in rules)
    return Filter(**given)


def monitor_from(route: Mapping[str, Any]) -> Monitor:
    """Return how a route's document says that it is watched."""
    return Monitor(**_tuples(route["monitor"])) if "monitor" in route else USUAL_MONITOR


def _tuples(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in document.items()}


def plan_parts(plan: RoutingPlan) -> dict[str, Any]:
    """Return the keys of a plan's document that hold for all routes, each only where it is not as usual."""
    parts = {
        "log": _unusual(plan.log, _USUAL_SETTINGS),
        "tracing": _unusual(plan.tracing, _USUAL_TRACING),
        "logging": _unusual(plan.logging, _USUAL_LOGGING),
        "sinks": [asdict(sink) for sink in plan.sinks],
    }
    found: dict[str, Any] = {key: part for key, part in parts.items() if part}
    if plan.alerts != DEFAULT_ALERTS:
        found["alerts"] = [asdict(rule) for rule in plan.alerts]
    return found


def settings_from(document: Mapping[str, Any]) -> LogSettings:
    """Return what a plan's document says about the whole log."""
    return LogSettings(**document.get("log", {}))


def sinks_from(document: Mapping[str, Any]) -> tuple[Sink, ...]:
    """Return the sinks of a plan's document."""
    return tuple(Sink(**_tuples(found)) for found in document.get("sinks", ()))


def alerts_from(document: Mapping[str, Any]) -> tuple[AlertRule, ...]:
    """Return the rules of a plan's document."""
    if "alerts" not in document:
        return DEFAULT_ALERTS
    return tuple(AlertRule(**_tuples(found)) for found in document["alerts"])


def tracing_from(document: Mapping[str, Any]) -> Tracing:
    """Return how a plan's document says that requests are traced."""
    return Tracing(**document.get("tracing", {}))


def logging_from(document: Mapping[str, Any]) -> Logging:
    """Return how a plan's document says that processes log."""
    return Logging(**document.get("logging", {}))
