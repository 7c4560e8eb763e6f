"""The settings are data; every one of them is a key of routing.yaml that the documentation tells."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from gateway.monitoring.tally_layout import LIMITS
from gateway.requestlog.policy import Filter, LabelPolicy, Logging, LogPolicy, LogSettings, Sink, Tracing
from gateway.routing.difference_log import shown_share
from gateway.routing.fields import shown_duration
from gateway.routing.parse import parse
from gateway.routing.read_levels import shown_level
from gateway.routing.read_settings import shown_size
from gateway.routing.settings import (
    Breaker,
    HealthCheck,
    Limits,
    Outliers,
    RateLimit,
    Timeouts,
    Tls,
    Traffic,
    UpstreamTls,
)
from gateway.routing.watches import DEFAULT_ALERTS, SIGNALS, AlertRule, Monitor

DOCUMENT = (Path(__file__).parents[2] / "docs" / "routing.md").read_text(encoding="utf-8")
TABLES = {
    Limits: "### limits",
    Timeouts: "### timeouts",
    RateLimit: "| key of `rate_limit`",
    UpstreamTls: "### tls of a service",
    Traffic: "### Traffic of a service",
    HealthCheck: "| key of `health`",
    Outliers: "| key of `outliers`",
    Breaker: "| key of `breaker`",
    LogPolicy: "| key of `log` |",
    LogSettings: "| key of `log` at the top level",
    Filter: "| key of `filter`",
    LabelPolicy: "| key of `labels` of `log`",
    Monitor: "| key of `monitor`",
    Tracing: "| key of `tracing`",
    Logging: "| key of `logging`",
}
SIZES = ("head", "url", "body")
IN_WORDS = {
    "filter": "`open`",
    "labels": "by the request's id",
    "key": "the request's id",
    "output": "the first",
    "time": "when it was answered",
    "groups": "all",
    "redact": "all four",
    "otlp": "must be given",
}
"""Defaults that are not told as values."""


def rows(heading: str) -> dict[str, list[str]]:
    """Return the cells of the first table below a heading, by each name in its first column."""
    lines = DOCUMENT[DOCUMENT.index(heading) :].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    table = lines[start:]
    end = next((number for number, line in enumerate(table) if not line.startswith("|")), len(table))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:end]]
    return {name: row for row in cells for name in re.findall("`([a-z0-9_]+)`", row[0])}


def written(name: str, value: object) -> str:
    """Return a default as the documentation writes it."""
    if isinstance(value, float) and name in ("most", "panic", "errors"):
        return f"{value:g}"
    if isinstance(value, float):
        return f"{value / 60:g}m" if value >= 120 else f"{value:g}s"
    if isinstance(value, bool):
        return str(value).lower()
    return shown_size(value) if name in SIZES and isinstance(value, int) else str(value)


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_setting_is_documented(kind: type) -> None:
    """Each field has its row, and no row is without a field (`tls` of a service has a table of its own)."""
    names = {field.name for field in fields(kind)} - {"tls"}
    assert set(rows(TABLES[kind])) == names


def test_the_keys_of_the_tls_listener_are_documented() -> None:
    """Its keys are not quite its fields: one pair may stand alone, and clients have a mapping."""
    keys = {"listen", "cert", "key", "certificates", "clients", "minimum", "hsts", "redirect", "http2"}
    assert set(rows("### tls\n")) == keys
    assert {field.name for field in fields(Tls)} - keys == {"client_ca", "client_required"}


@pytest.mark.parametrize("kind", [Limits, Timeouts, Outliers, Breaker, HealthCheck], ids=lambda k: k.__name__)
def test_the_defaults_in_the_documentation_are_those_in_force(kind: type) -> None:
    """A default that is changed must be changed for people too."""
    for field in fields(kind):
        if field.default is not MISSING and field.name != "per_try":
            assert written(field.name, field.default) in rows(TABLES[kind])[field.name]


def of_the_log(name: str, value: object) -> str:
    """Return a default of the log, of watching or of traces as the documentation writes it."""
    if name in IN_WORDS:
        return IN_WORDS[name]
    if isinstance(value, bool) or name == "threshold":
        return str(value).lower()
    if isinstance(value, float):
        return shown_share(value) if name == "sample" else shown_duration(value, days=True)
    if isinstance(value, int):
        return str(value) if name in ("batch", "least") else shown_size(value)
    return str(value or "none")


def default(kind: type, name: str) -> object:
    """Return what a field is where nobody says anything."""
    [found] = [field for field in fields(kind) if field.name == name]
    return found.default if found.default_factory is MISSING else found.default_factory()


LOGGED = (LogPolicy, LogSettings, Filter, LabelPolicy, Monitor, Tracing, Logging)


@pytest.mark.parametrize("kind", LOGGED, ids=lambda kind: kind.__name__)
def test_the_defaults_of_the_log_are_those_in_force(kind: type) -> None:
    """The last cell of each row is the default and nothing else."""
    for name, row in rows(TABLES[kind]).items():
        assert row[-1].strip("`") == of_the_log(name, default(kind, name)).strip("`")


def test_sinks_and_alerts_are_documented() -> None:
    """Some of their keys are not quite their fields: a kind is a key, and `when` says three of them."""
    sinks = rows("| key of a sink")
    kinds = {"directory", "otlp", "cloudevents", "kafka", "redis"}
    assert set(sinks) == {field.name for field in fields(Sink)} - {"kind", "target"} | kinds
    for name in ("topic", "batch", "timeout", "spill"):
        assert sinks[name][-1] == of_the_log(name, default(Sink, name))
    alerts = rows("| key of an alert")
    said_so = {"signal", "comparison", "value", "hold"}
    assert set(alerts) == {field.name for field in fields(AlertRule)} - said_so | {"when", "for", "off"}
    assert (alerts["for"][-1], alerts["least"][-1]) == ("0s", str(default(AlertRule, "least")))
    assert alerts["severity"][-1] == default(AlertRule, "severity")


def test_signals_and_the_usual_alerts_are_documented() -> None:
    """Each with its group, each with its numbers."""
    assert {name: row[1] for name, row in rows("| signal |").items()} == {
        name: group for name, (group, _) in SIGNALS.items()
    }
    table = DOCUMENT[DOCUMENT.index("The usual alerts:") :]
    for rule in DEFAULT_ALERTS:
        when = f"`{rule.signal} {rule.comparison} {shown_level(rule.signal, rule.value)}`"
        cells = (f"`{rule.name}`", when, shown_duration(rule.hold), rule.severity, str(rule.least))
        assert f"| {' | '.join(cells)} |" in table


def test_every_limit_has_its_metric() -> None:
    """The row of each limit names a value of the label, its own name."""
    for name, row in rows(TABLES[Limits]).items():
        assert row[-1] == f"`{name}`"
        assert name in LIMITS


def test_the_example_of_all_keys_is_a_plan() -> None:
    """What people copy from the documentation is not refused."""
    [example] = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    plan = parse(example, model_exists=lambda _: None)
    assert plan.tls is not None
    assert plan.routes[0].rate_limit is not None
    assert plan.routes[0].log is not None
    assert len(plan.sinks) == 2
