"""The gauges made of what workers report."""

from __future__ import annotations

from gateway.control.metrics.views import view_families
from gateway.control.status.views import CertificateHealth, ReplicaHealth, ServiceHealth, Sight, Views
from gateway.monitoring.health_report import STATES
from gateway.routing.plan import RoutingPlan, Service
from gateway.routing.settings import Traffic

NO_PLAN = RoutingPlan((), ())
Samples = dict[tuple[str, ...], float]


def samples(views: Views, plan: RoutingPlan = NO_PLAN) -> Samples:
    """Every sample by its name and its labels' values."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in view_families(plan, views)
        for sample in family.samples
    }


def test_a_replica_has_a_series_for_each_state() -> None:
    """The value is the number of workers; 0 rather than nothing, so that an alert resolves."""
    replica = ReplicaHealth("127.0.0.1:9003", dict.fromkeys(STATES, 0) | {"up": 1, "ejected": 2})
    found = samples(Views(services=(ServiceHealth("canary", (replica,), {}, 0),)))
    states = {key[3]: value for key, value in found.items() if key[0] == "gateway_replica_state"}
    assert states == {"up": 1, "warming": 0, "unwell": 0, "ejected": 2, "down": 0}
    assert ("gateway_replica_state", "canary", "127.0.0.1:9003", "ejected") in found


def test_breakers_and_queues_are_by_service() -> None:
    """A service without a breaker has no series of one; its queue is there all the same."""
    with_breaker = ServiceHealth("canary", (), {"open": 1, "half_open": 1, "closed": 2}, 5)
    found = samples(Views(services=(with_breaker, ServiceHealth("blue", (), {}, 0))))
    assert found["gateway_breaker_open", "canary"] == 2
    assert ("gateway_breaker_open", "blue") not in found
    assert (found["gateway_queued_requests", "canary"], found["gateway_queued_requests", "blue"]) == (5, 0)


def test_tunnels_are_by_worker() -> None:
    """Each worker that is alive has its own."""
    found = samples(Views(tunnels={0: 3, 5: 0}))
    assert (found["gateway_open_tunnels", "0"], found["gateway_open_tunnels", "5"]) == (3, 0)


def test_certificates_tell_their_end_and_whether_they_can_be_used() -> None:
    """One that could never be read has no end."""
    views = Views(
        certificates=(
            CertificateHealth("a.pem", (), 1_790_000_000.0, ""),
            CertificateHealth("b.pem", (), 0.0, "no such file"),
        )
    )
    found = samples(views)
    assert found["gateway_certificate_expiry_timestamp_seconds", "a.pem"] == 1_790_000_000
    assert ("gateway_certificate_expiry_timestamp_seconds", "b.pem") not in found
    assert (found["gateway_certificate_ok", "a.pem"], found["gateway_certificate_ok", "b.pem"]) == (1, 0)


def test_reports_that_cannot_be_used_are_counted() -> None:
    """Else a missing view would look like a quiet one."""
    assert samples(Views())["gateway_unread_reports",] == 0
    assert samples(Views(unread=("no", "no")))["gateway_unread_reports",] == 2


def test_panic_counts_the_workers_that_use_whatever_can_be_reached() -> None:
    """By the service's own percentage; nobody is in panic who has nothing to use at all, or all is well."""
    sights = (Sight(2, 0, 1), Sight(2, 0, 0), Sight(2, 1, 2), Sight(2, 2, 2))
    views = Views(services=(ServiceHealth("canary", (), {}, 0, sights),))
    assert samples(views)["gateway_service_panic", "canary"] == 1
    for percent, workers in ((0, 0), (60, 2)):
        plan = RoutingPlan((Service("canary", traffic=Traffic(panic=percent)),), ())
        assert samples(views, plan)["gateway_service_panic", "canary"] == workers
