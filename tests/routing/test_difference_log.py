"""What `gateway history` says about the log."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.policy import (
    Coarsen,
    Filter,
    LabelPolicy,
    Logging,
    LogPolicy,
    LogSettings,
    Sink,
    Tracing,
)
from gateway.routing.difference import difference
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.watches import DEFAULT_ALERTS, GROUPS, AlertRule, Monitor

LATE = Route("late", "/", "blue", (("blue", 100_000),))
OLD = RoutingPlan((), (LATE,))
SINK = Sink("lake", "directory", "exports")
KAFKA = Sink("k", "kafka", "h:1", "t", ("late",))
URL = "http://h/${TOKEN}"


def late(**changes: object) -> RoutingPlan:
    """Return the plan with the route changed."""
    return replace(OLD, routes=(replace(LATE, **changes),))  # type: ignore[arg-type]


CASES = {
    "a route is no longer logged": (late(log=None), ["late: log on -> off"]),
    "numbers": (
        late(log=LogPolicy(0.125, False, 1024, 86_400.0, 1024**3)),
        [
            "late: log.sample 100% -> 12.5%",
            "late: log.bodies true -> false",
            "late: log.body_limit 64KiB -> 1KiB",
            "late: log.keep 30d -> 1d",
            "late: log.max_size 20GiB -> 1GiB",
        ],
    ),
    "a filter": (
        late(
            log=LogPolicy(
                filter=Filter("strict", ("a", "b"), ("u",), (Coarsen("c", "round", 10.0),), ("e",), ())
            )
        ),
        [
            "late: log.filter.mode open -> strict",
            "late: log.filter.keep none -> a, b",
            "late: log.filter.pseudonymise none -> u",
            "late: log.filter.encrypt none -> e",
            "late: log.filter.redact email, phone, card, ip -> none",
            "late: log.filter.coarsen none -> c round 10",
        ],
    ),
    "buckets": (
        late(log=LogPolicy(filter=Filter(coarsen=(Coarsen("c", "buckets", edges=(0.0, 1.5)),)))),
        ["late: log.filter.coarsen none -> c buckets 0, 1.5"],
    ),
    "labels": (
        late(log=LogPolicy(labels=LabelPolicy("flight", "late", 0.25))),
        [
            "late: log.labels.key the request's id -> flight",
            "late: log.labels.output the first -> late",
            "late: log.labels.threshold 0.5 -> 0.25",
        ],
    ),
    "watching": (
        late(monitor=Monitor(300.0, 86_400.0, "at", ("software",))),
        [
            "late: monitor.every 1m -> 5m",
            "late: monitor.window 1h -> 1d",
            "late: monitor.time when it was answered -> at",
            "late: monitor.groups software, inputs, outputs, quality -> software",
        ],
    ),
    "the whole log": (
        replace(OLD, log=LogSettings(1024**2, "keys/log.key")),
        ["log.buffer 16MiB -> 1MiB", "log.encryption_key none -> set"],
    ),
    "sinks": (
        replace(OLD, sinks=(SINK, KAFKA)),
        [
            "sink lake added (directory, batch 500, timeout 10s, spill 4GiB)",
            "sink k added (kafka t, routes late, batch 500, timeout 10s, spill 4GiB)",
        ],
    ),
    "alerts": (
        replace(
            OLD, alerts=(*DEFAULT_ALERTS[1:], AlertRule("a", "drift", ">", 0.2, "temp", versions=("blue",)))
        ),
        ["alert a added (drift temp > 0.2, ticket, versions blue, least 100)", "alert errors removed"],
    ),
    "tracing": (
        replace(OLD, tracing=Tracing(URL, 1.0, "shop")),
        ["tracing.otlp none -> set", "tracing.sample 1% -> 100%", "tracing.service gateway -> shop"],
    ),
    "logging": (
        replace(OLD, logging=Logging("json", "error", True)),
        ["logging.format console -> json", "logging.level info -> error", "logging.access false -> true"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_change_is_one_short_line(case: str) -> None:
    """In the words of the file."""
    new, lines = CASES[case]
    assert difference(OLD, new) == lines
    assert difference(new, new) == []


def test_a_rule_that_moves_says_from_where_to_where() -> None:
    """So that nobody has to look up what it was."""
    moved = (replace(DEFAULT_ALERTS[0], value=0.02, hold=0.0, routes=("late",)), *DEFAULT_ALERTS[1:])
    assert difference(OLD, replace(OLD, alerts=moved)) == [
        "alert errors: errors > 5%, for 2m, page, least 100 -> errors > 2%, page, routes late, least 100"
    ]


def test_where_records_go_is_told_without_the_address() -> None:
    """Targets are often half a secret, and so is a collector's URL."""
    before, after = replace(OLD, sinks=(SINK,)), replace(OLD, sinks=(replace(SINK, target="hidden"),))
    assert difference(before, after) == ["sink lake: goes elsewhere"]
    assert difference(before, OLD) == ["sink lake removed"]
    before, after = replace(OLD, tracing=Tracing(URL)), replace(OLD, tracing=Tracing("http://hidden"))
    assert difference(before, after) == ["tracing.otlp changed"]


def test_a_new_key_is_told_without_its_place() -> None:
    """Another key makes what was encrypted with the old one unreadable, so it must not go untold."""
    before, after = (replace(OLD, log=LogSettings(encryption_key=key)) for key in ("a", "b"))
    assert difference(before, after) == ["log.encryption_key changed"]


def test_a_change_of_many_routes_is_told_once() -> None:
    """Another default at the top level changes each of 10,000 routes."""
    routes = tuple(replace(LATE, name=f"r{number}") for number in range(10))
    old = replace(OLD, routes=routes)
    changed = [replace(route, log=LogPolicy(sample=0.1)) for route in routes[:8]]
    new = replace(OLD, routes=(*changed, replace(routes[8], log=None), routes[9]))
    assert difference(old, new) == ["8 routes: log.sample 100% -> 10%", "r8: log on -> off"]


SHARE = st.sampled_from([0.01, 0.5, 1.0])
NAMES = st.sampled_from([(), ("a",), ("a", "b")])
RULES = st.sampled_from([(), (Coarsen("a", "round", 10.0),), (Coarsen("a", "truncate", 10.0),)])
FILTER = st.builds(Filter, st.sampled_from(["open", "strict"]), NAMES, NAMES, RULES, NAMES, NAMES)
LABELS = st.builds(LabelPolicy, st.sampled_from(["", "a"]), st.sampled_from(["", "a"]), SHARE)
POLICY = st.none() | st.builds(
    LogPolicy,
    SHARE,
    st.booleans(),
    st.just(1024),
    st.sampled_from([60.0, 86_400.0]),
    st.just(1024),
    FILTER,
    LABELS,
)
MONITOR = st.builds(
    Monitor,
    st.sampled_from([60.0, 300.0]),
    st.just(3600.0),
    st.sampled_from(["", "a"]),
    st.sampled_from([(), GROUPS]),
)
SINKS = st.sampled_from([(), (SINK,), (replace(SINK, target="x"),), (replace(SINK, spill=1),), (SINK, KAFKA)])
RULE = AlertRule("a", "drift", ">", 0.2)
ALERTS = st.sampled_from(
    [
        DEFAULT_ALERTS,
        (),
        (RULE,),
        (replace(RULE, field="t"),),
        (replace(RULE, comparison="<"),),
        (replace(RULE, least=1),),
    ]
)
PLAN = st.builds(
    lambda log, monitor, sinks, alerts, url: replace(
        late(log=log, monitor=monitor), sinks=sinks, alerts=alerts, tracing=Tracing(url)
    ),
    POLICY,
    MONITOR,
    SINKS,
    ALERTS,
    st.sampled_from(["", "http://h", "http://i"]),
)


@given(PLAN, PLAN)
def test_no_change_of_the_log_goes_untold(old: RoutingPlan, new: RoutingPlan) -> None:
    """Whatever differs, there is a line; where nothing does, there is none."""
    assert bool(difference(old, new)) == (old != new)
