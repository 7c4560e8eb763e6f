"""Dashboard, rules and their provisioning; the tests of /metrics say that every series exists."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.running import ROOT, needed

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "gateway.rules.yaml"


def rules() -> list[dict[str, str]]:
    """Return the alerting rules."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def test_rules_have_names_of_their_own() -> None:
    """No alert is defined twice."""
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    assert all(name.startswith("Gateway") for name in names)


def test_grafana_finds_the_dashboard_and_its_data() -> None:
    """The provider's folder is where compose.yaml mounts the dashboard; its data come from Prometheus."""
    provisioning = DEPLOY / "grafana" / "provisioning"
    provider = yaml.safe_load((provisioning / "dashboards" / "gateway.yaml").read_text())["providers"][0]
    source = yaml.safe_load((provisioning / "datasources" / "gateway.yaml").read_text())["datasources"][0]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    mounts = dict(volume.split(":")[:2] for volume in compose["grafana"]["volumes"])
    assert mounts["./grafana/gateway.json"] == f"{provider['options']['path']}/gateway.json"
    assert (source["type"], source["url"], source["isDefault"]) == (
        "prometheus",
        "http://prometheus:9090",
        True,
    )


@pytest.fixture
def promtool() -> str:
    """Prometheus' own checker."""
    return needed("promtool", "prometheus")


@pytest.mark.parametrize("what", [["rules", "gateway.rules.yaml"], ["config", "prometheus.yaml"]])
def test_prometheus_accepts_rules_and_configuration(promtool: str, what: list[str]) -> None:
    """`promtool check` finds nothing wrong."""
    folder: Path = DEPLOY / "prometheus"
    done = subprocess.run([promtool, "check", *what], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
