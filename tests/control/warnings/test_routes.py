"""Which routes suffer, and how much of them."""

from __future__ import annotations

from gateway.control.status.views import Views, merged
from gateway.control.warnings.routes import of_route, route_warnings, suffering
from gateway.control.warnings.services import Verdict
from gateway.monitoring.health_report import Report, ServiceView
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.settings import Failing

WELL = Verdict(2, 0, 0, 0, 0)
OUT = Verdict(2, 2, 0, 0, 2)
REST = Verdict(2, 0, 0, 2, 2)
HALF = Verdict(2, 1, 0, 0, 1)


def route(name: str = "late", on_unavailable: str = "stable", **weights: int) -> Route:
    """A route with blue as its stable version; weights in percent."""
    units = tuple((service, weight * 1000) for service, weight in weights.items())
    return Route(name, f"/{name}", "blue", units, failing=Failing(on_unavailable=on_unavailable))


def text(found: Route, **judged: Verdict) -> str:
    """What is said of a route, empty where it does not suffer."""
    health = of_route(found, judged)
    return health.text if health else ""


def test_a_route_whose_versions_are_well_does_not_suffer() -> None:
    """Nor one that gives nothing to a version that is out, nor one that nobody tells of."""
    assert text(route(blue=90, canary=10), blue=WELL, canary=WELL) == ""
    assert text(route(blue=100, canary=0), blue=WELL, canary=OUT) == ""
    assert text(route(blue=100)) == ""


def test_stable_stands_in_for_a_version_that_is_out() -> None:
    """With the share that it takes over."""
    late = route(blue=90, canary=10)
    assert text(late, blue=WELL, canary=OUT) == "canary is down, its 10 % go to blue"
    assert text(late, blue=WELL, canary=REST) == "canary is at rest (breaker open), its 10 % go to blue"


def test_without_a_stand_in_requests_fail() -> None:
    """Because the route says so, or because stable is out as well."""
    strict = route(on_unavailable="fail", blue=90, canary=10)
    assert text(strict, blue=WELL, canary=OUT) == "10 % of the requests get 503 (canary has no replica)"
    main = route("main", blue=50, green=50)
    assert text(main, blue=OUT, green=OUT) == "every request gets 503 (blue and green have no replica)"
    assert text(main, blue=OUT, green=WELL) == "50 % of the requests get 503 (blue has no replica)"
    assert (
        text(main, blue=OUT, green=REST)
        == "every request gets 503 (blue has no replica and green is at rest)"
    )
    assert text(route(canary=100), blue=OUT, canary=OUT) == "every request gets 503 (canary has no replica)"


def test_what_only_some_workers_miss_is_said_so() -> None:
    """As much as falls on these workers goes elsewhere, or fails."""
    late = route(blue=90, canary=10)
    part = "canary is out for 1 of 2 workers, as much of its 10 % goes to blue"
    assert text(late, blue=WELL, canary=HALF) == part
    assert text(late, blue=HALF, canary=WELL).endswith("as much of its 90 % gets 503")


def test_the_worst_route_comes_first() -> None:
    """By the requests that fail, then by those that somebody else answers."""
    views = merged(
        {
            0: Report(
                1,
                {
                    "blue": ServiceView({"a": "up"}, "", 0),
                    "canary": ServiceView({"b": "down"}, "", 0),
                },
                0,
                (),
            )
        }
    )
    routes = (
        route("small", blue=95, canary=5),
        route("well", blue=100),
        route("large", blue=60, canary=40),
        route("strict", on_unavailable="fail", canary=100),
    )
    plan = RoutingPlan((), routes)
    found = suffering(plan, views)
    assert [health.name for health in found] == ["strict", "large", "small"]
    assert [health.is_out for health in found] == [True, False, False]
    assert route_warnings(plan, views)[0] == "route strict: every request gets 503 (canary has no replica)"
    assert route_warnings(plan, Views()) == []
