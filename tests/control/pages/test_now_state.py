"""What is sent each second: everything that the page shows, and only plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from gateway.control.alerts.alarms import Alarms
from gateway.control.pages.now_state import now_state, told_of
from gateway.control.status.snapshot import snapshot
from gateway.errors import GatewayError
from gateway.routing.places import Places
from gateway.routing.slot import published

if TYPE_CHECKING:
    from pathlib import Path

    from tests.control.conftest import Site


def test_each_route_with_its_versions(site: Site) -> None:
    """Asked and served, how each does, what a rollback would do."""
    site.list_processes({"role": "worker", "pid": 0, "restarts": 2})
    found = now_state(site.places)
    assert found["shape"] == [["late", "blue", "green", "canary"], ["protocol", "green", "blue"]]
    late = found["routes"][0]
    assert (late["name"], late["path"], late["stable"], late["rate"]) == (
        "late",
        "/v2/models/late",
        "blue",
        0,
    )
    assert late["rollback"] == "late: canary 10 % → 0 %, blue 90 % → 100 %"
    blue, green, _ = late["versions"]
    assert found["last"].startswith("edited in routing.yaml, ")
    assert (blue["asked"], blue["served"], blue["errors"], blue["p99"]) == (90.0, None, None, None)
    assert blue["asked_band"].startswith("M0 ")
    assert green["asked_band"] == blue["served_band"] == ""
    worker = found["processes"][1]
    assert worker == {"name": "worker 0, 0 connections, restarted 2 times", "state": "down", "kind": "bad"}
    assert orjson.loads(orjson.dumps(found)) == found


def test_what_was_served_is_the_share_of_the_last_seconds(site: Site) -> None:
    """Not of the time since the weights changed."""
    plan, seen = published(site.places), snapshot(site.places)
    assert plan is not None
    versions = seen["routes"][0]["versions"]
    versions["blue"] |= {"rate": 30.0, "errors": 0.05}
    versions["canary"] |= {"rate": 10.0}
    seen["routes"][0] |= {"rate": 40.0, "rate_seconds": 10.0, "recent_seconds": 12.4}
    late = told_of(seen, plan, [], [], 0.0)["routes"][0]
    blue, _, canary = late["versions"]
    assert (late["rate"], late["over"]) == (40.0, "over the last 10 s")
    assert (blue["served"], blue["errors"], canary["served"], canary["errors"]) == (75.0, 5.0, 25.0, 0.0)


def test_before_the_first_answer_under_new_weights_nothing_is_made_up(site: Site) -> None:
    """The rate of the route goes on; which version answers is not known yet."""
    plan, seen = published(site.places), snapshot(site.places)
    assert plan is not None
    late = seen["routes"][0]
    late |= {"rate": 40.0, "rate_seconds": 10.0, "recent_seconds": 0.2}
    for version in late["versions"].values():
        version["rate"] = None
    found = told_of(seen, plan, [], [], 0.0)["routes"][0]
    assert found["rate"] == 40.0
    assert "nothing was answered under these weights yet" in found["over"]
    assert {one[name] for one in found["versions"] for name in ("rate", "served", "errors")} == {None}


def test_alerts_that_fire_are_told(site: Site) -> None:
    """Those that nobody is to be told of are not."""
    plan = published(site.places)
    assert plan is not None
    alarms = [
        Alarms("errors", "late", "page", "firing", "error_rate", ("blue",), 1),
        Alarms("drift", "", "ticket", "firing", "drift", (), 2),
        Alarms("slow", "late", "page", "silenced", "latency", (), 1),
    ]
    found = told_of(snapshot(site.places), plan, alarms, ["a warning"], 0.0)
    assert [one["text"] for one in found["alerts"]] == [
        "errors on route late: error_rate of blue",
        "drift on all routes: drift",
    ]
    assert [one["href"] for one in found["alerts"]] == ["/models/late#alarms", "/models"]
    assert found["warnings"] == ["a warning"]


def test_without_a_gateway_there_is_no_state(tmp_path: Path) -> None:
    """It says what to start."""
    with pytest.raises(GatewayError, match="gateway up"):
        now_state(Places(tmp_path))
