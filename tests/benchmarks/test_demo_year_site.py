"""The gateway of the replayed year is told to watch by the time of flights."""

from __future__ import annotations

import yaml

from benchmarks.demo_year_site import ROUTE, routing
from gateway.routing.parse import parse


def test_the_gateway_takes_its_routing() -> None:
    """A day is a bucket, four weeks are looked at, and the calendar is left out of the log."""
    plan = parse(yaml.safe_dump(routing("v1"), sort_keys=False), model_exists=lambda model: None)
    route = plan.route(ROUTE)
    assert route is not None
    assert (route.monitor.every, route.monitor.window) == (86_400.0, 28 * 86_400.0)
    assert route.monitor.time == "parameters.event_time"
    assert route.log is not None
    assert "month" not in route.log.filter.keep
    assert "temp" in route.log.filter.keep
