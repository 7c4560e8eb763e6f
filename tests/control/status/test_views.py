"""What several workers see, put together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gateway.control.status.views import Sight, Views, merged, read_views, replica_label
from gateway.monitoring.health_report import CertificateView, Report, ServiceView, report_path, write
from gateway.monitoring.tally import WorkerState

if TYPE_CHECKING:
    from tests.control.conftest import Site

END = 1_790_000_000.0


def report(
    state: str = "up", breaker: str = "", waiting: int = 0, *certificates: CertificateView, tunnels: int = 0
) -> Report:
    """What a worker tells of one service with one replica."""
    service = ServiceView({"127.0.0.1:9003": state}, breaker, waiting)
    return Report(1, {"canary": service}, tunnels, certificates)


def test_a_replica_has_the_number_of_workers_that_see_it_in_each_state() -> None:
    """Workers need not agree; every state is there, also those that nobody sees."""
    views = merged({0: report("up"), 1: report("ejected"), 2: report("ejected")})
    (service,) = views.services
    (replica,) = service.replicas
    assert (service.name, replica.replica, replica.workers) == ("canary", "127.0.0.1:9003", 3)
    assert dict(replica.states) == {"up": 1, "warming": 0, "unwell": 0, "ejected": 2, "down": 0}


def test_breakers_queues_and_tunnels_add_up() -> None:
    """A breaker that tries the service is not closed yet."""
    views = merged(
        {
            0: report("up", "open", 3, tunnels=2),
            1: report("up", "half_open", 0),
            4: report("up", "closed", 5, tunnels=7),
        }
    )
    (service,) = views.services
    assert dict(service.breakers) == {"open": 1, "half_open": 1, "closed": 1}
    assert (service.resting, service.waiting) == (2, 8)
    assert dict(views.tunnels) == {0: 2, 1: 0, 4: 7}


def test_a_service_that_only_one_worker_knows_yet_is_shown() -> None:
    """While a plan is being taken up the workers differ."""
    other = Report(1, {"new": ServiceView({"127.0.0.1:1": "up"}, "", 0)}, 0, ())
    views = merged({0: report(), 1: other})
    assert [(service.name, service.replicas[0].workers) for service in views.services] == [
        ("canary", 1),
        ("new", 1),
    ]


def test_a_certificate_is_as_bad_as_its_worst_view() -> None:
    """The earliest end and the first problem; the names come from whoever could read it."""
    views = merged(
        {
            0: report("up", "", 0, CertificateView("a.pem", (), 0.0, "no such file")),
            1: report("up", "", 0, CertificateView("a.pem", ("a.example",), END, "")),
            2: report("up", "", 0, CertificateView("a.pem", ("a.example",), END - 5, "")),
        }
    )
    (certificate,) = views.certificates
    assert (certificate.names, certificate.not_after) == (("a.example",), END - 5)
    assert certificate.problem == "no such file"


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("127.0.0.1:9003", "127.0.0.1:9003"),
        ("[::1]:9003", "[::1]:9003"),
        ("http://10.0.0.1:80", "10.0.0.1:80"),
        ("https://model.example:443", "model.example:443"),
        ("/dev/shm/gateway-0-abc/night-shift-0123456789-12.sock", "12"),
    ],
)
def test_a_replica_is_called_what_people_call_it(address: str, label: str) -> None:
    """Processes of the gateway have numbers, others addresses."""
    assert replica_label(address) == label


def test_the_old_and_the_new_process_of_one_number_are_one_series() -> None:
    """While a model is replaced both stand side by side; two series of one name would spoil the scrape."""
    service = ServiceView({"/run/blue-old-0.sock": "up", "/run/blue-new-0.sock": "down"}, "", 0)
    (found,) = merged({0: Report(1, {"blue": service}, 0, ())}).services
    (replica,) = found.replicas
    assert (replica.replica, replica.states["up"], replica.states["down"]) == ("0", 1, 1)


def test_only_reports_of_those_alive_are_read(site: Site) -> None:
    """Not of workers that are gone, and not what a predecessor with another pid left behind."""
    for number in (0, 1, 2):
        write(report_path(site.places.run, number), {"tunnels": number + 10})
    alive = {
        0: WorkerState(os.getpid(), 1.0, 1, 0),
        1: WorkerState(os.getpid() + 1, 1.0, 1, 0),
        3: WorkerState(os.getpid(), 1.0, 1, 0),
    }
    assert read_views(site.places, alive) == Views(tunnels={0: 10})


def test_a_report_that_cannot_be_used_is_told(site: Site) -> None:
    """With the file and the reason, and the others are read all the same."""
    report_path(site.places.run, 0).write_text("half a rep")
    write(report_path(site.places.run, 1), {"tunnels": 1})
    alive = {number: WorkerState(os.getpid(), 1.0, 1, 0) for number in (0, 1)}
    views = read_views(site.places, alive)
    assert dict(views.tunnels) == {1: 1}
    assert len(views.unread) == 1
    assert "worker-0.health: not a health report" in views.unread[0]


def test_a_replica_is_out_for_the_reason_that_a_worker_told() -> None:
    """For each state the first reason; the replica as a whole has that of its worst state."""
    told = {"127.0.0.1:9003": "503 to /healthz"}
    views = merged(
        {
            0: Report(1, {"canary": ServiceView({"127.0.0.1:9003": "unwell"}, "", 0, told)}, 0, ()),
            1: report("up"),
            2: report("down"),
        }
    )
    (replica,) = views.services[0].replicas
    assert (replica.reasons, replica.worst, replica.reason) == ({"unwell": "503 to /healthz"}, "down", "")
    (alone,) = merged(
        {0: Report(1, {"a": ServiceView({"x": "unwell"}, "", 0, {"x": "why"})}, 0, ())}
    ).services
    assert (alone.replicas[0].worst, alone.replicas[0].reason) == ("unwell", "why")


def test_what_each_worker_sees_of_a_service_is_kept() -> None:
    """Whether there is a replica to use cannot be told from sums over workers."""
    views = merged({0: report("up"), 1: report("unwell", "open"), 2: report("down")})
    assert views.services[0].sights == (Sight(1, 1, 1), Sight(1, 0, 1, is_resting=True), Sight(1, 0, 0))
    assert [sight.has_replica(50) for sight in views.services[0].sights] == [True, True, False]
    assert [sight.has_replica(0) for sight in views.services[0].sights] == [True, False, False]
