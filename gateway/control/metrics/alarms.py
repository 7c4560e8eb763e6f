"""The alarms of watching in /metrics: for whoever already has somebody on call by Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from gateway.control.alerts.alarms import read_alarms
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan


def alarm_families(places: Places, plan: RoutingPlan, now: float) -> Iterator[Metric]:
    """Yield how many alerts of each rule and route fire, `now` in seconds since 1970.

    A series is there as long as it counts any: rules times routes would be many that say nothing.
    """
    family = GaugeMetricFamily(
        "gateway_alerts",
        "Alerts of watched models that are pending, firing, or firing but silenced.",
        labels=["rule", "route", "severity", "state"],
    )
    rules, routes = {rule.name for rule in plan.alerts}, {"", *(route.name for route in plan.routes)}
    found, _ = read_alarms(places.watch, now)  # `status` says what is wrong with the file
    for it in found:
        if it.rule in rules and it.route in routes:
            family.add_metric([it.rule, it.route, it.severity, it.state], it.count)
    yield family
