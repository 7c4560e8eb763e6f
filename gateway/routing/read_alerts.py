"""The `alerts` of routing.yaml: when to raise an alarm, as in `when: errors > 2%`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.routing import fields
from gateway.routing.fields import Known
from gateway.routing.read_filter import field_name
from gateway.routing.read_levels import level
from gateway.routing.read_settings import Reader, choice, meanings, seconds, whole
from gateway.routing.read_sinks import named
from gateway.routing.report import Report, described, entries, mapping, sequence, shown, text
from gateway.routing.watches import DEFAULT_ALERTS, SIGNALS, AlertRule
from gateway.routing.yaml_nodes import Node, Scalar

MOST_ALERTS = 200
LONGEST_DAYS = 30
_EXAMPLE = "{name: errors, when: errors > 2%, for: 5m}"
_WHEN = re.compile(
    r"(?P<signal>[A-Za-z0-9_]+)(?: +(?P<field>[^<>=]+?))? *(?P<sign>[<>]=?|={1,2}) *(?P<level>\S.*)"
)
_WITH_FIELD = ("inputs", "outputs")


def _when(report: Report, node: Node, what: str) -> dict[str, Any] | None:
    """Read signal, field (if any), comparison and level."""
    value = text(report, node, what, "errors > 2%")
    if value is None:
        return None
    found = _WHEN.fullmatch(value)
    if found is None:
        report.add(
            node,
            f"`{what}` is {described(node)}: write a signal, `>` or `<`, and a number, as in `errors > 2%` or"
            " `drift temp > 0.2`",
        )
        return None
    signal, field, sign = found["signal"], found["field"] or "", found["sign"]
    if signal not in SIGNALS:
        assert isinstance(node, Scalar)
        report.unknown(replace(node, value=signal), "signal", SIGNALS, len(SIGNALS))
        return None
    if sign not in ("<", ">"):
        report.add(node, f"`{what}` is {described(node)}: only `>` and `<` can be compared with")
        return None
    meaning = level(signal, found["level"])
    if isinstance(meaning, str):
        report.add(node, f"`{what}` is {described(node)}: {meaning}")
        return None
    return {"signal": signal, "field": field, "comparison": sign, "value": meaning}


_READERS: dict[str, Reader] = {
    "name": fields.name,
    "when": _when,
    "for": seconds(zero=True, days=LONGEST_DAYS),
    "severity": choice("page", "ticket", "info"),
    "least": whole(1, 1_000_000_000),
    "field": field_name,
}
_OFF = choice("true")
ALERT_KEYS = (*_READERS, "routes", "versions", "off")
_DEFAULTS = {rule.name: rule for rule in DEFAULT_ALERTS}


def read_alerts(report: Report, node: Node, routes: Known, services: Known) -> tuple[AlertRule, ...]:
    """Return the rules: the usual ones, replaced and switched off by name, then those of the file."""
    items = sequence(report, node, "alerts", f"[{_EXAMPLE}]") or ()
    if len(items) > MOST_ALERTS:
        report.add(node, f"there are {len(items)} alerts; at most {MOST_ALERTS} are possible")
        return DEFAULT_ALERTS
    rules: dict[str, AlertRule | None] = dict(_DEFAULTS)
    lines: dict[str, int] = {}
    readers = {
        **_READERS,
        "routes": lambda report, node, what: named(report, node, what, "route", routes),
        "versions": lambda report, node, what: named(report, node, what, "service", services),
    }
    for item in items:
        found = _rule(report, item, readers)
        if found is None:
            continue
        name, rule = found
        if name in lines:
            report.add(item, f"the name `{name}` is already that of the alert on line {lines[name]}")
        lines.setdefault(name, item.line)
        rules[name] = rule
    return tuple(rule for rule in rules.values() if rule is not None)


def _rule(report: Report, node: Node, readers: Mapping[str, Reader]) -> tuple[str, AlertRule | None] | None:
    """Return a rule by its name, None for one that is switched off."""
    found = mapping(report, node, "alerts", _EXAMPLE)
    if found is None:
        return None
    before = len(report.problems)
    given = entries(report, found, "`alerts`", ALERT_KEYS)
    values = meanings(report, given, readers)
    if "name" not in given and len(report.problems) == before:
        report.add(found, "this alert has no `name`; give it one, such as `errors`")
    name = values.pop("name", None)
    if "off" in given:
        is_off = _is_switched_off(report, given, name)
        return (name, None) if is_off and name else None
    when = values.pop("when", None)
    if "when" not in given and len(report.problems) == before:
        report.add(found, "this alert has no `when`; say what is compared, as in `when: errors > 2%`")
    if name is None or when is None or not _fits(report, given, when, values.pop("field", "")):
        return None
    hold = values.pop("for", 0.0)
    return name, AlertRule(name, hold=hold, **when, **values)


def _is_switched_off(report: Report, given: Mapping[str, Node], name: str | None) -> bool:
    """Tell whether an item switches a usual rule off, and does nothing else."""
    if _OFF(report, given["off"], "off") is None:
        return False
    others = [key for key in given if key not in ("name", "off")]
    if others:
        report.add(given[others[0]], f"an alert that is `off` has no `{others[0]}`; delete one of the two")
        return False
    node = given.get("name")
    if name is not None and name not in _DEFAULTS and isinstance(node, Scalar):
        report.unknown(node, "alert that is on by default", _DEFAULTS)
        return False
    return True


def _fits(report: Report, given: Mapping[str, Node], when: dict[str, Any], field: str) -> bool:
    """Join the `field` of a rule to its comparison; tell where that makes no sense."""
    node = given.get("field") or given["when"]
    if field and when["field"] and field != when["field"]:
        report.add(
            node, f"`field` is `{shown(field)}`, but `when` names `{shown(when['field'])}`; keep one of them"
        )
        return False
    when["field"] = field or when["field"]
    group = SIGNALS[when["signal"]][0]
    if when["field"] and group not in _WITH_FIELD:
        named_so = f"`{when['signal']}` is of the {group}, not of one input or output"
        report.add(node, f"{named_so}; delete `{shown(when['field'])}`")
        return False
    return True
