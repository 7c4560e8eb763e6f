"""The lines of `gateway history`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.routing.difference import difference
from gateway.routing.plan import Override, Route, RoutingPlan, Service
from gateway.routing.settings import Sticky, Timeouts

LATE = Route("late", "/v2/models/late", "blue", (("blue", 90_000), ("canary", 10_000)))
REST = Route("rest", "/", "blue", (("blue", 100_000),))
NEW = Route("new", "/n", "blue", ())
BLUE = Service("blue", model="model_versions/v1")
CANARY = Service("canary", urls=("http://127.0.0.1:9003",))
OLD = RoutingPlan((BLUE, CANARY), (LATE, REST))


def with_late(**changes: object) -> RoutingPlan:
    """Return the plan with the route `late` changed."""
    return replace(OLD, routes=(replace(LATE, **changes), REST))  # type: ignore[arg-type]


CASES = {
    "a weight moves": (
        with_late(weights=(("blue", 75_000), ("canary", 25_000))),
        ["late: canary 10 % -> 25 %, blue 90 % -> 75 %"],
    ),
    "a version joins": (
        with_late(weights=(("blue", 67_500), ("green", 22_500), ("canary", 10_000))),
        ["late: green 0 % -> 22.5 %, blue 90 % -> 67.5 %"],
    ),
    "a version leaves": (
        with_late(weights=(("blue", 100_000),)),
        ["late: blue 90 % -> 100 %, canary 10 % -> 0 %"],
    ),
    "stable and path": (
        with_late(stable="canary", path="/v3"),
        ["late: path /v2/models/late -> /v3", "late: stable blue -> canary"],
    ),
    "sticky": (with_late(sticky=Sticky("header", "x-user-id")), ["late: sticky none -> header x-user-id"]),
    "sticky by address": (with_late(sticky=Sticky("ip")), ["late: sticky none -> ip"]),
    "override": (with_late(overrides=(Override("a", "b", "blue"),)), ["late: override 0 rules -> 1 rule"]),
    "timeouts": (
        with_late(timeouts=Timeouts(0.25, 60.0, 30.0)),
        ["late: timeout connect 1s -> 0.25s", "late: timeout total 900s -> 30s"],
    ),
    "a route goes": (replace(OLD, routes=(REST,)), ["route late removed"]),
    "a route comes": (
        replace(
            OLD, routes=(LATE, REST, Route("new", "/n", "blue", (("blue", 99_999), ("canary", 1), ("x", 0))))
        ),
        ["route new added at /n (blue 99.999 %, canary 0.001 %)"],
    ),
    "services": (
        replace(
            OLD,
            services=(replace(BLUE, replicas=3), Service("green", model="model_versions/v2")),
        ),
        [
            "service blue: model_versions/v1 -> model_versions/v1 × 3",
            "service green added (model_versions/v2)",
            "service canary removed",
        ],
    ),
    "a service moves": (
        replace(OLD, services=(BLUE, replace(CANARY, urls=("http://a:1", "http://b:2")))),
        ["service canary: http://127.0.0.1:9003 -> http://a:1, http://b:2"],
    ),
    "addresses": (
        replace(OLD, listen="0.0.0.0:80", admin="127.0.0.1:9091"),
        ["listen 127.0.0.1:8080 -> 0.0.0.0:80", "admin 127.0.0.1:9090 -> 127.0.0.1:9091"],
    ),
    "nothing that matters": (
        replace(OLD, revision=9, routes=(REST, replace(LATE, since=8)), services=(CANARY, BLUE)),
        [],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_change_is_one_short_line(case: str) -> None:
    """What grew stands first; what does not change how requests are treated is not told."""
    new, lines = CASES[case]
    assert difference(OLD, new) == lines


def test_the_first_revision_is_counted() -> None:
    """Without anything before it, a plan is told by its size."""
    assert difference(None, OLD) == ["first revision: 2 routes, 2 services"]
    assert difference(None, RoutingPlan((BLUE,), (REST,))) == ["first revision: 1 route, 1 service"]
