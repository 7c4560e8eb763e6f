"""The settings are data; every one of them is a key of routing.yaml that the documentation tells."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from gateway.monitoring.tally_layout import LIMITS
from gateway.routing.parse import parse
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
}
SIZES = ("head", "url", "body")


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
