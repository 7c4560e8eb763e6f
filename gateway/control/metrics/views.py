"""The part of /metrics that workers report rather than count: replicas, breakers, queues, certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric

from gateway.control.status.views import CertificateHealth, ServiceHealth, Views
from gateway.control.warnings.services import verdicts
from gateway.routing.plan import RoutingPlan


def view_families(plan: RoutingPlan, views: Views) -> Iterator[Metric]:
    """Yield everything the live workers reported."""
    yield from service_families(views.services)
    yield panic_family(plan, views)
    tunnels = GaugeMetricFamily(
        "gateway_open_tunnels", "Upgraded connections the worker carries.", labels=["worker"]
    )
    for worker, count in views.tunnels.items():
        tunnels.add_metric([str(worker)], count)
    yield tunnels
    yield from certificate_families(views.certificates)
    yield GaugeMetricFamily(
        "gateway_unread_reports", "Workers whose report cannot be used.", float(len(views.unread))
    )


def service_families(services: Sequence[ServiceHealth]) -> Iterator[Metric]:
    """Yield replicas, breakers and queues; a replica has every state, so that no series comes and goes."""
    states = GaugeMetricFamily(
        "gateway_replica_state",
        "Workers that see the replica in the state.",
        labels=["service", "replica", "state"],
    )
    breakers = GaugeMetricFamily(
        "gateway_breaker_open", "Workers whose breaker for the service is not closed.", labels=["service"]
    )
    queued = GaugeMetricFamily(
        "gateway_queued_requests", "Requests waiting for the service's concurrency.", labels=["service"]
    )
    for service in services:
        for replica in service.replicas:
            for state, workers in replica.states.items():
                states.add_metric([service.name, replica.replica, state], workers)
        if service.breakers:
            breakers.add_metric([service.name], service.resting)
        queued.add_metric([service.name], service.waiting)
    yield from (states, breakers, queued)


def panic_family(plan: RoutingPlan, views: Views) -> Metric:
    """Return in how many workers too few replicas are well, so that all that can be reached are used."""
    panic = GaugeMetricFamily(
        "gateway_service_panic",
        "Workers that use every reachable replica since too few are well.",
        labels=["service"],
    )
    for service, found in verdicts(plan, views).items():
        panic.add_metric([service], found.panic)
    return panic


def certificate_families(certificates: Sequence[CertificateHealth]) -> Iterator[Metric]:
    """Yield whether each certificate can be used, and until when."""
    expiry = GaugeMetricFamily(
        "gateway_certificate_expiry_timestamp_seconds",
        "When the certificate ends, in seconds since 1970.",
        labels=["file"],
    )
    usable = GaugeMetricFamily(
        "gateway_certificate_ok", "1 while every worker could load the certificate.", labels=["file"]
    )
    for certificate in certificates:
        if certificate.not_after:
            expiry.add_metric([certificate.file], certificate.not_after)
        usable.add_metric([certificate.file], float(not certificate.problem))
    yield from (expiry, usable)
