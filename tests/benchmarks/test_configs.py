"""What each proxy is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import configs
from benchmarks.envoy_config import envoy

SITE = configs.Site(Path("/somewhere"), port=8001, admin_port=8002, blue=8003, canary=8004)


def test_the_answer_has_98_bytes_of_json() -> None:
    """The page says so."""
    assert len(configs.ANSWER) == 98
    assert json.loads(configs.ANSWER)["model_name"] == "late"


@pytest.mark.parametrize("text", [configs.nginx(SITE), configs.haproxy(SITE), envoy(SITE)])
def test_all_proxies_do_the_same_work(text: str) -> None:
    """Each one splits by user, lets x-canary opt in and out and names both services."""
    told = text.lower().replace("_", "-")  # nginx writes x-canary as $http_x_canary
    words = ("x-canary", "x-user-id", "always", "never", "x-model-version", "8001", "8003", "8004")
    assert [word for word in words if word not in told] == []


def test_routing_yaml_has_one_route_for_each_path() -> None:
    """The gateway's file: weights as given, sticky, opt in and out on every route."""
    plan: dict[str, Any] = yaml.safe_load(
        configs.routing_yaml(SITE, {"blue": 75, "canary": 25}, ["/a", "/b"])
    )
    assert plan["services"]["canary"] == {"url": "http://127.0.0.1:8004"}
    assert [route["path"] for route in plan["routes"]] == ["/a", "/b"]
    assert len({route["name"] for route in plan["routes"]}) == 2
    for route in plan["routes"]:
        assert route["weights"] == {"blue": 75, "canary": 25}
        assert route["sticky"] == {"header": "x-user-id"}
        assert [rule["to"] for rule in route["override"]] == ["canary", "blue"]


def test_envoy_splits_in_the_same_proportion() -> None:
    """The weights are those of the others, and the hash decides."""
    routes = json.loads(envoy(SITE))["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]
    weighted = routes["typed_config"]["route_config"]["virtual_hosts"][0]["routes"][-1]["route"]
    assert {one["name"]: one["weight"] for one in weighted["weighted_clusters"]["clusters"]} == configs.SPLIT
    assert weighted["weighted_clusters"]["use_hash_policy"] is True
