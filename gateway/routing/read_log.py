"""The `log` of routing.yaml: at the top level what holds for every route, in a route what is its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.requestlog.policy import Filter, LogPolicy, LogSettings
from gateway.routing.log_document import USUAL_LOG
from gateway.routing.read_filter import field_name, read_filter
from gateway.routing.read_settings import (
    GIB,
    KIB,
    MIB,
    Reader,
    flag,
    meanings,
    read_keys,
    seconds,
    shown_size,
    size,
)
from gateway.routing.read_shares import share
from gateway.routing.read_web import key_place
from gateway.routing.report import Report, entries, mapping, shown
from gateway.routing.yaml_nodes import Node, Scalar

LONGEST_DAYS = 3650
FRAMES = 4
"""Records as large as can be that must fit into the buffer at once: each has two bodies."""
_EXAMPLE = "{sample: 10%, keep: 30d}` or `false"
_SWITCH = ("true", "false")


@dataclass(frozen=True, slots=True)
class LogDefaults:
    """What the top level says: for the whole log, and for routes (None: they are not logged).

    `has_key` is also true of an `encryption_key` that was complained about.
    """

    settings: LogSettings
    policy: LogPolicy | None
    has_key: bool = False


USUAL = LogDefaults(LogSettings(), USUAL_LOG)


def _labels(report: Report, node: Node, what: str) -> dict[str, Any] | None:
    found = read_keys(report, node, what, "{key: order_id, threshold: 0.5}", _LABELS)
    return found[0] if found else None


_LABELS: dict[str, Reader] = {"key": field_name, "output": field_name, "threshold": share}
_PLAIN: dict[str, Reader] = {
    "sample": share,
    "bodies": flag,
    "body_limit": size(0, 16 * MIB),
    "keep": seconds(days=LONGEST_DAYS),
    "max_size": size(MIB, 1024 * 1024 * GIB),
}


_SETTINGS: dict[str, Reader] = {"buffer": size(MIB, GIB), "encryption_key": key_place("${LOG_KEY}")}
LOG_KEYS = (*_PLAIN, "filter", "labels")
LOG_SETTINGS_KEYS = tuple(_SETTINGS)


def read_log_defaults(report: Report, node: Node) -> LogDefaults:
    """Return what the top level says about the log; what is not given, or wrong, is as usual."""
    switched = _switch(node)
    if switched is not None:
        return USUAL if switched else replace(USUAL, policy=None)
    found = mapping(report, node, "log", _EXAMPLE)
    if found is None:
        return USUAL
    given = entries(report, found, "`log`", (*LOG_KEYS, *LOG_SETTINGS_KEYS))
    settings = LogSettings(**meanings(report, given, _SETTINGS))
    defaults = LogDefaults(settings, USUAL_LOG, "encryption_key" in given)
    policy = _policy(report, given, USUAL_LOG, defaults)
    if "body_limit" not in given and "buffer" in given:
        _check_buffer(report, given["buffer"], policy, settings)
    return replace(defaults, policy=policy)


def read_log(report: Report, node: Node, defaults: LogDefaults) -> LogPolicy | None:
    """Return what is remembered of one route's requests, None for nothing; the rest is as in `defaults`."""
    switched = _switch(node)
    if switched is not None:
        return (defaults.policy or USUAL_LOG) if switched else None
    found = mapping(report, node, "log", _EXAMPLE)
    usual = defaults.policy or USUAL_LOG
    if found is None:
        return usual
    given = entries(report, found, "`log` of a route", LOG_KEYS)
    return _policy(report, given, usual, defaults)


def _switch(node: Node) -> bool | None:
    """Return what `true` or `false` means, None for anything else."""
    is_switch = isinstance(node, Scalar) and node.value in _SWITCH
    return node.value == "true" if is_switch and isinstance(node, Scalar) else None


def _policy(report: Report, given: Mapping[str, Node], usual: LogPolicy, defaults: LogDefaults) -> LogPolicy:
    before = len(report.problems)
    policy = replace(usual, **meanings(report, given, _PLAIN))
    if "filter" in given:
        policy = replace(policy, filter=read_filter(report, given["filter"], usual.filter))
    if "labels" in given:
        labels = _labels(report, given["labels"], "labels") or {}
        policy = replace(policy, labels=replace(usual.labels, **labels))
    if len(report.problems) == before:
        _check(report, given, policy, defaults)
    return policy


def _check(report: Report, given: Mapping[str, Node], policy: LogPolicy, defaults: LogDefaults) -> None:
    """What is fine key by key may still not fit together."""
    if policy.filter.encrypt and "filter" in given and not defaults.has_key:
        report.add(
            given["filter"],
            "`encrypt` needs a key; write `encryption_key: ${LOG_KEY}` into `log` at the file's top level",
        )
    place = given.get("labels") or given.get("filter")
    if place is not None:
        for key, name in (("key", policy.labels.key), ("output", policy.labels.output)):
            reason = why_not_compared(policy.filter, name) if name else ""
            if reason:
                report.add(place, f"`{key}` of `labels` is `{shown(name)}`, which {reason}")
    if "body_limit" in given:
        _check_buffer(report, given["body_limit"], policy, defaults.settings)


def why_not_compared(rules: Filter, name: str) -> str:
    """Return why a field cannot be compared with labels once it is filtered, empty where it can."""
    advice = "name it in `keep` or `pseudonymise` alone"
    if name in rules.encrypt:
        return f"`encrypt` makes different each time; {advice}"
    if name in rules.pseudonymise:
        return ""
    if any(rule.name == name for rule in rules.coarsen):
        return f"`coarsen` makes the same for many; {advice}"
    if rules.mode == "strict" and name not in rules.keep:
        return "`filter: strict` leaves out, because no rule names it; name it in `keep` or `pseudonymise`"
    return ""


def _check_buffer(report: Report, node: Node, policy: LogPolicy, settings: LogSettings) -> None:
    if policy.body_limit * 2 * FRAMES > settings.buffer:
        most = shown_size(settings.buffer // (2 * FRAMES) // KIB * KIB)
        report.add(
            node,
            f"`body_limit` ({shown_size(policy.body_limit)}) is too much for a `buffer` of"
            f" {shown_size(settings.buffer)}: write at most `{most}`, or a larger buffer",
        )
