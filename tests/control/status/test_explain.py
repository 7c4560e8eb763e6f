"""How the version that would answer is at this moment."""

from __future__ import annotations

from gateway.control.status.explain import health_now
from gateway.control.status.views import Views, merged
from gateway.monitoring.health_report import Report, ServiceView
from gateway.routing.plan import Route, RoutingPlan

PLAN = RoutingPlan((), (Route("late", "/late", "blue", (("blue", 90_000), ("canary", 10_000))),))


def views(**states: str) -> Views:
    """What one worker sees of services with one replica each."""
    return merged({0: Report(1, {n: ServiceView({"a": s}, "", 0) for n, s in states.items()}, 0, ())})


def test_a_version_that_is_well_is_told() -> None:
    """With no warning."""
    assert health_now(PLAN, views(blue="up", canary="up"), "late", "canary") == {
        "workers": 1,
        "out": 0,
        "instead": "blue",
        "warning": "",
    }


def test_a_version_that_is_out_is_told_with_who_answers() -> None:
    """Nobody does where stable is the one, or is out too."""
    found = health_now(PLAN, views(blue="up", canary="down"), "late", "canary")
    assert found is not None
    assert (found["out"], found["instead"]) == (1, "blue")
    assert found["warning"].startswith("service canary has no replica to use")
    for version, seen in (("canary", views(blue="down", canary="down")), ("blue", views(blue="down"))):
        found = health_now(PLAN, seen, "late", version)
        assert found is not None
        assert found["instead"] == ""


def test_where_the_draw_decides_the_route_is_judged() -> None:
    """No one version can be named."""
    found = health_now(PLAN, views(blue="up", canary="down"), "late", None)
    assert found is not None
    assert found["warning"] == "route late: canary is down, its 10 % go to blue"


def test_what_nobody_tells_is_not_known() -> None:
    """No worker, a service that none has looked at, a route that is gone."""
    assert health_now(PLAN, Views(), "late", "blue") is None
    assert health_now(PLAN, views(canary="up"), "late", "blue") is None
    assert health_now(PLAN, views(canary="up"), "gone", "canary") is None
