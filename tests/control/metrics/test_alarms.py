"""Alarms in /metrics."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway.control.metrics.alarms import alarm_families
from gateway.routing.slot import published
from gateway.routing.watches import AlertRule
from gateway.watching import store
from gateway.watching.alert_states import Course
from gateway.watching.alerts import Alert, to_document

if TYPE_CHECKING:
    from tests.control.conftest import Site


def test_alerts_are_counted_by_rule_and_route_of_the_plan(site: Site) -> None:
    """Not by field; a rule that the plan has no more has no series, nor has what counts nothing."""
    plan = published(site.places)
    assert plan is not None
    plan = replace(plan, alerts=(AlertRule("drift", "drift", ">", 0.2), AlertRule("well", "drift", ">", 0.2)))
    assert [family.samples for family in alarm_families(site.places, plan, 0.0)] == [[]]
    alerts = [
        Alert(rule, route, "blue", field, "drift", ">", 0.2, "page", Course("firing"))
        for rule, route, field in (
            ("drift", "late", "a"),
            ("drift", "late", "b"),
            ("gone", "late", ""),
            ("drift", "gone", ""),
        )
    ]
    with store.opened(site.places.watch) as connection:
        store.set_states(connection, "alert", {it.key: to_document(it) for it in alerts})
    [family] = alarm_families(site.places, plan, 0.0)
    [sample] = family.samples
    assert sample.labels == {"rule": "drift", "route": "late", "severity": "page", "state": "firing"}
    assert (sample.name, sample.value) == ("gateway_alerts", 2)
