"""The `alerts` of routing.yaml."""

from __future__ import annotations

from dataclasses import fields

import pytest

from gateway.routing.difference_log import _alert
from gateway.routing.read_alerts import ALERT_KEYS, MOST_ALERTS, read_alerts
from gateway.routing.report import Report
from gateway.routing.watches import DEFAULT_ALERTS, AlertRule
from gateway.routing.yaml_tree import read


def alerts_of(text: str) -> tuple[tuple[AlertRule, ...], list[str]]:
    """Return the rules that a text leaves in force, and what was told about it."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    found = read_alerts(report, node, {"late": None}, {"blue": None, "canary": None})
    return found, [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{name: a, when: errors > 2%}", AlertRule("a", "errors", ">", 0.02)),
        ("{name: a, when: drift temp > 0.2}", AlertRule("a", "drift", ">", 0.2, "temp")),
        ("{name: a, when: drift > 0.2, field: temp}", AlertRule("a", "drift", ">", 0.2, "temp")),
        ("{name: a, when: drift wind speed>0.2}", AlertRule("a", "drift", ">", 0.2, "wind speed")),
        ("{name: a, when: auc<0.7}", AlertRule("a", "auc", "<", 0.7)),
        ("{name: a, when: latency_p99 > 250ms, for: 0s}", AlertRule("a", "latency_p99", ">", 250.0)),
        (
            "{name: a, when: rate < 1/s, for: 90m, severity: page, routes: [late], versions: [blue],"
            " least: 7}",
            AlertRule("a", "rate", "<", 1.0, "", 5400.0, "page", ("late",), ("blue",), 7),
        ),
    ],
)
def test_a_rule_is_added_to_the_usual_ones(text: str, rule: AlertRule) -> None:
    """They stay as they are, and stand first."""
    assert alerts_of(f"[{text}]") == ((*DEFAULT_ALERTS, rule), [])


def test_a_usual_rule_is_replaced_by_its_name() -> None:
    """Whole, and in its place."""
    found, messages = alerts_of("[{name: input-drift, when: drift > 0.5}]")
    names = [rule.name for rule in DEFAULT_ALERTS]
    assert [rule.name for rule in found] == names
    assert found[names.index("input-drift")] == AlertRule("input-drift", "drift", ">", 0.5)
    assert messages == []


def test_a_usual_rule_is_switched_off_by_its_name() -> None:
    """One of them, or all."""
    found, messages = alerts_of("[{name: input-drift, off: true}]")
    assert found == tuple(rule for rule in DEFAULT_ALERTS if rule.name != "input-drift")
    assert messages == []
    text = ", ".join(f"{{name: {rule.name}, off: true}}" for rule in DEFAULT_ALERTS)
    assert alerts_of(f"[{text}]") == ((), [])


def test_the_usual_rules_can_be_written() -> None:
    """As `gateway history` says them, each is read as what it is."""
    for rule in DEFAULT_ALERTS:
        when, *_ = _alert(rule).split(", ")
        hold = f", for: {rule.hold:.0f}s" if rule.hold else ""
        text = f"[{{name: {rule.name}, when: {when}, severity: {rule.severity}, least: {rule.least}{hold}}}]"
        assert alerts_of(text) == (DEFAULT_ALERTS, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{name: a}", "`alerts` must be a list such as"),
        ("[a]", "`alerts` must be a mapping such as"),
        ("[{name: a}]", "this alert has no `when`"),
        ("[{when: errors > 2%}]", "this alert has no `name`"),
        ("[{name: a, whn: errors > 2%}]", "did you mean `when`?"),
        ("[{name: a, when: erors > 2%}]", "`erors` is not a known signal; did you mean `errors`?"),
        ("[{name: a, when: errors}]", "write a signal, `>` or `<`, and a number"),
        ("[{name: a, when: errors >= 2%}]", "only `>` and `<`"),
        ("[{name: a, when: errors = 2%}]", "only `>` and `<`"),
        ("[{name: a, when: errors > 2}]", "write `2%`"),
        ("[{name: a, when: latency_p99 > 250}]", "as in `250ms`"),
        ("[{name: a, when: errors temp > 2%}]", "`errors` is of the software, not of one input or output"),
        ("[{name: a, when: auc < 0.7, field: late}]", "`auc` is of the quality"),
        ("[{name: a, when: drift temp > 0.2, field: wind}]", "`field` is `wind`, but `when` names `temp`"),
        ("[{name: a, when: drift > 0.2, for: 5}]", "as in `5s`"),
        ("[{name: a, when: drift > 0.2, severity: high}]", "must be `page` or `ticket` or `info`"),
        ("[{name: a, when: drift > 0.2, routes: [lat]}]", "did you mean `late`?"),
        ("[{name: a, when: drift > 0.2, versions: [green]}]", "`green` is not a known service"),
        ("[{name: a, when: drift > 0.2, least: 0}]", "whole number from 1"),
        ("[{name: a, off: true}]", "`a` is not a known alert that is on by default"),
        ("[{name: input-drif, off: true}]", "did you mean `input-drift`?"),
        ("[{name: errors, off: yes}]", "`off` must be `true`"),
        ("[{name: errors, off: true, for: 5m}]", "an alert that is `off` has no `for`"),
        ("[{name: a, when: drift > 1}, {name: a, when: drift > 2}]", "already that of the alert on line 1"),
        (f"[{', '.join(['{name: a, when: drift > 1}'] * (MOST_ALERTS + 1))}]", "at most 200"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence each."""
    _, [message] = alerts_of(text)
    assert says in message


def test_all_keys_of_a_rule_can_be_written() -> None:
    """Each field of the data is a key of the file, `when` says four of them."""
    renamed = {"hold": "for", "signal": "when", "comparison": "when", "value": "when"}
    assert set(ALERT_KEYS) == {renamed.get(field.name, field.name) for field in fields(AlertRule)} | {"off"}
