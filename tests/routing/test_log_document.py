"""The log's part of a plan's document: what is as usual is left out, what is not comes back."""

from __future__ import annotations

import json
from dataclasses import replace

from gateway.requestlog.policy import Coarsen, Filter, LabelPolicy, LogPolicy, LogSettings, Sink, Tracing
from gateway.routing.document import from_document, to_document, to_json
from gateway.routing.log_document import (
    USUAL_LOG,
    USUAL_MONITOR,
    alerts_from,
    log_from,
    logging_from,
    monitor_from,
    plan_parts,
    route_parts,
    settings_from,
    sinks_from,
    tracing_from,
)
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.watches import DEFAULT_ALERTS, AlertRule, Monitor

LATE = Route("late", "/", "blue", (("blue", 100_000),))
KEYS = ("log", "monitor", "sinks", "alerts", "tracing", "logging")


def test_what_is_as_usual_takes_no_room() -> None:
    """There may be 10,000 routes; equal is enough, it need not be the same value."""
    assert route_parts(LATE) == route_parts(replace(LATE, log=USUAL_LOG, monitor=USUAL_MONITOR)) == {}
    assert plan_parts(RoutingPlan((), (LATE,))) == {}


def test_an_older_document_is_read_with_the_defaults() -> None:
    """A journal from before the log means the log as usual, shared by all routes."""
    document = to_document(RoutingPlan((), (LATE, replace(LATE, name="b"))))
    assert not [key for key in KEYS if key in document or key in document["routes"][0]]
    plan = from_document(document)
    assert plan.routes[0].log is plan.routes[1].log is USUAL_LOG
    assert plan.routes[0].monitor is USUAL_MONITOR
    assert (plan.log, plan.sinks, plan.alerts, plan.tracing) == (LogSettings(), (), DEFAULT_ALERTS, Tracing())


def test_off_is_not_the_same_as_unsaid() -> None:
    """No log, no groups, no alerts: each comes back as nothing."""
    off = replace(LATE, log=None, monitor=Monitor(groups=()))
    parts = json.loads(json.dumps(route_parts(off)))
    assert parts == {"log": None, "monitor": {"groups": []}}
    assert (log_from(parts), monitor_from(parts)) == (None, Monitor(groups=()))
    document = json.loads(to_json(RoutingPlan((), (), alerts=())))
    assert document["alerts"] == []
    assert alerts_from(document) == ()


def test_only_what_differs_is_written() -> None:
    """Key by key, inside the filter and the labels as well."""
    policy = LogPolicy(
        sample=0.1,
        filter=Filter("strict", coarsen=(Coarsen("age", "buckets", edges=(1.0, 2.0)),), redact=()),
        labels=LabelPolicy(key="flight"),
    )
    parts = json.loads(json.dumps(route_parts(replace(LATE, log=policy))))
    assert parts["log"] == {
        "sample": 0.1,
        "filter": {
            "mode": "strict",
            "coarsen": [{"name": "age", "kind": "buckets", "by": 0.0, "edges": [1.0, 2.0]}],
            "redact": [],
        },
        "labels": {"key": "flight"},
    }
    assert log_from(parts) == policy


def test_the_parts_of_the_top_level_are_read_one_by_one() -> None:
    """Each process takes what it needs from the document, without making a plan of it."""
    rule = AlertRule("a", "drift", ">", 0.2, "temp", routes=("late",))
    sink = Sink("lake", "directory", "exports", routes=("late",))
    plan = RoutingPlan(
        (), (), log=LogSettings(1024, "${K}"), sinks=(sink,), alerts=(rule,), tracing=Tracing("http://h", 0.5)
    )
    document = json.loads(to_json(plan))
    assert document["log"] == {"buffer": 1024, "encryption_key": "${K}"}
    assert settings_from(document) == plan.log
    assert sinks_from(document) == (sink,)
    assert alerts_from(document) == (rule,)
    assert tracing_from(document) == plan.tracing
    assert logging_from(document) == plan.logging
