"""The lines of `gateway history`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.routing.difference import difference
from gateway.routing.plan import Override, Route, RoutingPlan, Service
from gateway.routing.settings import (
    Breaker,
    Certificate,
    Failing,
    HealthCheck,
    Limits,
    Outliers,
    Queue,
    RateLimit,
    Sticky,
    Timeouts,
    Tls,
    Traffic,
    UpstreamTls,
)

LATE = Route("late", "/v2/models/late", "blue", (("blue", 90_000), ("canary", 10_000)))
REST = Route("rest", "/", "blue", (("blue", 100_000),))
NEW = Route("new", "/n", "blue", ())
BLUE = Service("blue", model="model_versions/v1")
CANARY = Service("canary", urls=("http://127.0.0.1:9003",))
OLD = RoutingPlan((BLUE, CANARY), (LATE, REST))


def with_late(**changes: object) -> RoutingPlan:
    """Return the plan with the route `late` changed."""
    return replace(OLD, routes=(replace(LATE, **changes), REST))  # type: ignore[arg-type]


def with_canary(**changes: object) -> RoutingPlan:
    """Return the plan with other traffic for the service `canary`."""
    return replace(OLD, services=(BLUE, replace(CANARY, traffic=Traffic(**changes))))  # type: ignore[arg-type]


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
        ["late: timeouts.connect 1s -> 250ms", "late: timeouts.total 15m -> 30s"],
    ),
    "a time-out for each try": (
        with_late(timeouts=Timeouts(per_try=0.3)),
        ["late: timeouts.per_try none -> 300ms"],
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
    "limits": (
        replace(OLD, limits=Limits(head=64 * 1024, body=0, fields=50, keep_alive_timeout=0.5)),
        [
            "limits.head 32KiB -> 64KiB",
            "limits.fields 100 -> 50",
            "limits.body 1GiB -> 0",
            "limits.keep_alive_timeout 75s -> 500ms",
        ],
    ),
    "a tls listener comes": (
        replace(OLD, tls=Tls("127.0.0.1:8443", (Certificate("a.pem", "a.key"),))),
        ["tls listener added (127.0.0.1:8443)"],
    ),
    "traffic of a service": (
        with_canary(
            concurrency=64,
            queue=Queue(size=0),
            health=HealthCheck("/healthz"),
            outliers=Outliers(ejection=300.0, most=12.5),
            panic=0.0,
            slow_start=0.0,
            breaker=Breaker(),
            tls=UpstreamTls(),
        ),
        [
            "service canary: concurrency 1024 -> 64",
            "service canary: queue.size 256 -> 0",
            "service canary: health off -> on",
            "service canary: outliers.ejection 10s -> 5m",
            "service canary: outliers.most 50 % -> 12.5 %",
            "service canary: panic 50 % -> 0 %",
            "service canary: slow_start 10s -> 0s",
            "service canary: breaker off -> on",
            "service canary: tls added",
        ],
    ),
    "nobody is ejected any more": (
        with_canary(outliers=Outliers(failures=0)),
        ["service canary: outliers on -> off"],
    ),
    "retries and who stands in": (
        with_late(failing=Failing(0, "fail")),
        ["late: retries 1 -> 0", "late: on_unavailable stable -> fail"],
    ),
    "a rate limit comes": (
        with_late(rate_limit=RateLimit(100, 60.0, 20, Sticky("header", "x-api-key"))),
        ["late: rate_limit none -> 100/m, burst 20, by header x-api-key"],
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


def test_what_goes_and_what_moves_inside_is_told() -> None:
    """A part that is there before and after is told by what differs in it, one that goes by its name."""
    one, other = Certificate("a.pem", "a.key"), Certificate("b.pem", "b.key")
    old = replace(with_canary(health=HealthCheck("/a"), tls=UpstreamTls()), tls=Tls("x:1", (one,)))
    new = replace(
        with_canary(health=HealthCheck("/b", interval=2.0), tls=UpstreamTls(ca="c.pem")),
        tls=Tls("x:2", (one, other), client_ca="c.pem", minimum="1.3", hsts=60.0, redirect=True),
    )
    assert difference(old, new) == [
        "tls.listen x:1 -> x:2",
        "tls.certificates a.pem (a.key) -> a.pem (a.key), b.pem (b.key)",
        "tls.clients.ca none -> c.pem",
        "tls.minimum 1.2 -> 1.3",
        "tls.hsts none -> 1m",
        "tls.redirect false -> true",
        "service canary: health.path /a -> /b",
        "service canary: health.interval 1s -> 2s",
        "service canary: tls.ca none -> c.pem",
    ]
    assert difference(old, OLD) == [
        "tls listener removed (x:1)",
        "service canary: health on -> off",
        "service canary: tls removed",
    ]
    assert difference(with_late(rate_limit=RateLimit(5, 1.0, 5)), OLD) == ["late: rate_limit 5/s -> none"]
    assert difference(with_late(rate_limit=RateLimit(5, 1.5, 5)), OLD) == [
        "late: rate_limit 5 per 1.5s -> none"
    ]
