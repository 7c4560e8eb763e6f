"""The `monitor` of a route: how often and by what it is watched."""

from __future__ import annotations

from gateway.requestlog.policy import Filter
from gateway.routing import fields
from gateway.routing.log_document import USUAL_MONITOR
from gateway.routing.read_settings import Reader, read_keys, seconds
from gateway.routing.read_words import words
from gateway.routing.report import Report, shown, text
from gateway.routing.watches import GROUPS, Group, Monitor
from gateway.routing.yaml_nodes import Node, Scalar

LONGEST_DAYS = 90
SHORTEST = 1.0
PARAMETERS = "parameters."
_EXAMPLE = "{every: 1m, window: 1h}` or `false"


def _time(report: Report, node: Node, what: str) -> str | None:
    value = text(report, node, what, "parameters.event_time")
    if value == PARAMETERS:
        report.add(node, f"`{what}` names no parameter; write `parameters.event_time`")
        return None
    return value


def _groups(report: Report, node: Node, what: str) -> tuple[Group, ...] | None:
    found = words(report, node, what, GROUPS)
    return None if found is None else tuple(group for group in GROUPS if group in found)


_READERS: dict[str, Reader] = {
    "every": seconds(days=LONGEST_DAYS),
    "window": seconds(days=LONGEST_DAYS),
    "time": _time,
    "groups": _groups,
}
MONITOR_KEYS = tuple(_READERS)


def read_monitor(report: Report, node: Node) -> Monitor:
    """Return how a route is watched; what is not given, or wrong, is as usual."""
    if isinstance(node, Scalar) and node.value in ("true", "false"):
        return USUAL_MONITOR if node.value == "true" else Monitor(groups=())
    found = read_keys(report, node, "monitor", _EXAMPLE, _READERS)
    if found is None:
        return USUAL_MONITOR
    values, nodes = found
    monitor = Monitor(**values)
    if "every" in values and monitor.every < SHORTEST:
        report.add(nodes["every"], f"`every` must be at least {fields.shown_duration(SHORTEST)}")
    elif monitor.window < monitor.every and len(values) == len(nodes):
        place = nodes.get("window") or nodes["every"]
        lengths = [
            f"`{key}` ({fields.shown_duration(getattr(monitor, key), days=True)}"
            f"{'' if key in nodes else ' by default'})"
            for key in ("window", "every")
        ]
        report.add(place, f"{lengths[0]} must not be shorter than {lengths[1]}: it holds whole stretches")
    return monitor


def check_time(report: Report, node: Node, monitor: Monitor, rules: Filter) -> None:
    """The time of a prediction is read from the log, so the filter must leave it as it is."""
    name = monitor.time.removeprefix(PARAMETERS)
    if not name:
        return
    hidden = {*rules.encrypt, *rules.pseudonymise}
    named = {*rules.keep, *(rule.name for rule in rules.coarsen)}
    either = {name, monitor.time}
    if either & hidden:
        why = "the filter makes unreadable"
    elif rules.mode == "strict" and not either & named:
        why = "`filter: strict` leaves out, because no rule names it"
    else:
        return
    report.add(node, f"`time` of `monitor` is `{shown(monitor.time)}`, which {why}; name it in `keep` alone")
