"""What an on-call engineer reads first: all of it together, in the order of who feels it."""

from __future__ import annotations

import pytest

from gateway.control.status.observation import Observation, Running
from gateway.control.status.views import CertificateHealth, Views, merged
from gateway.control.warnings.everything import of_certificate, of_limits, warnings
from gateway.monitoring.health_report import CertificateView, Report, ServiceView
from gateway.monitoring.tally import LIMITS
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service
from gateway.supervision.reload_report import FAILED, ReloadReport

NOW = 1_780_000_000.0
DAY = 86_400.0
FILE = {"ok": True, "kind": "", "message": ""}
PLAN = RoutingPlan((Service("canary"),), (Route("late", "/late", "canary", (("canary", UNITS),)),))


def told(views: Views, **more: int) -> list[str]:
    """What is told of these views and of limits, where all else is well."""
    seen = Observation(PLAN, Running(), {}, (), "written", None, views)
    return warnings(seen, [], FILE, None, more, NOW)


def test_nothing_is_said_while_all_is_well() -> None:
    """Replicas up, breakers closed, queues empty, certificates good, and limits that hold every day."""
    service = ServiceView({"127.0.0.1:9003": "up"}, "closed", 0)
    certificate = CertificateView("a.pem", ("a.example",), NOW + 60 * DAY, "")
    views = merged({n: Report(1, {"canary": service}, 12, (certificate,)) for n in (0, 1)})
    assert told(views, **{**dict.fromkeys(LIMITS, 0), "keep_alive_timeout": 40, "redirect": 7}) == []


def test_what_users_feel_comes_first() -> None:
    """Routes, processes, rollouts, services, the setup, certificates, limits, last missing views."""
    service = ServiceView({"127.0.0.1:9003": "down"}, "", 0)
    certificate = CertificateView("a.pem", (), 0.0, "no such file")
    views = merged({0: Report(1, {"canary": service}, 0, (certificate,))}, ("worker-1.health: no",))
    seen = Observation(PLAN, Running(config="r.yaml"), {}, (), "written", None, views)
    process = {"role": "control", "service": "", "number": 0, "pid": None, "state": "down", "restarts": 0}
    file = {"ok": False, "kind": "refused", "message": "r.yaml:3:1: no"}
    report, rollouts = ReloadReport(1, FAILED, problem="no port"), iter(["the rollout: is paused"])
    found = warnings(seen, [process], file, report, {"rate": 1}, NOW, rollouts)
    assert [line.partition(":")[0] for line in found] == [
        "route late",
        "control is not running",
        "the rollout",
        "service canary has no replica to use",
        "r.yaml is not what is live (revision 0 is)",
        "the last reload failed, what ran before runs on",
        "certificate a.pem cannot be used",
        "limits that held in the last minute",
        "worker-1.health",
    ]


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (14 * DAY + 1, ""),
        (13.5 * DAY, "expires in 13 days, on 2026-06-"),
        (1.5 * DAY, "expires in 1 day, on 2026-05-30 "),
        (3600.0, "expires in 0 days, on 2026-05-28 21:26 UTC"),
        (-1.0, "has expired on 2026-05-28 20:26 UTC; clients refuse it"),
    ],
)
def test_a_certificate_that_ends_soon_is_told_in_time(left: float, words: str) -> None:
    """Two weeks before, with the day."""
    line = of_certificate(CertificateHealth("a.pem", ("a.example", "b.example"), NOW + left, ""), NOW)
    assert line.startswith("certificate a.pem (a.example, b.example) " if words else "")
    assert words in line
    assert bool(line) == bool(words)


def test_a_certificate_that_cannot_be_used_says_why() -> None:
    """Whatever its end."""
    line = of_certificate(CertificateHealth("a.pem", (), 0.0, "its key is another one's"), NOW)
    assert line == "certificate a.pem cannot be used: its key is another one's"
    assert of_certificate(CertificateHealth("a.pem", (), 0.0, ""), NOW) == ""


def test_limits_that_held_of_late_are_one_line_most_frequent_first() -> None:
    """Those that hold every day are left out."""
    hits = {"head_timeout": 12, "rate": 300, "keep_alive_timeout": 900, "body": 0}
    assert list(of_limits(hits)) == ["limits that held in the last minute: rate 300, head_timeout 12"]


def test_reports_that_cannot_be_read_are_told() -> None:
    """A view that is missing must not look like one in which all is well."""
    assert told(Views(unread=("worker-0.health: no",))) == ["worker-0.health: no"]
