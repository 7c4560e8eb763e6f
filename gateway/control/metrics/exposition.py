"""/metrics: the counters of all workers for Prometheus, read anew at every scrape.

Whoever accepts OpenMetrics gets it, with exemplars: for each bucket of latency the trace of a request in it.

Labels are names from routing.yaml and fixed words; nothing that a user of a service chooses becomes one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from gateway.control.metrics.alarms import alarm_families
from gateway.control.metrics.buckets import buckets, octave_buckets, with_exemplars
from gateway.control.metrics.log import Traces, exemplars, log_families
from gateway.control.metrics.rollouts import rollout_families
from gateway.control.metrics.views import view_families
from gateway.control.rollouts.state import read_judged
from gateway.control.status import figures
from gateway.control.status.health import processes
from gateway.control.status.observation import Observation, is_beating, observe
from gateway.monitoring.proc import state_of
from gateway.monitoring.tally import FALLBACK, OUTCOMES, REFUSED, UNAVAILABLE, Count
from gateway.routing.places import Places
from gateway.routing.plan import UNITS

Version = tuple[tuple[str, str], Count]
"""Route and service, and their count over all workers and intervals."""


def exposition(places: Places, accept: str = "") -> tuple[bytes, str]:
    """Return everything there is to scrape now, and its media type; `accept` is what the caller reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Tallies(places))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


class Tallies(Collector):
    """Reads a gateway's files at every scrape."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def describe(self) -> list[Metric]:
        """Return nothing: what there is shows at the scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        now = time.monotonic()
        seen = observe(self._places, now)
        versions = [(key, figures.merged(found)) for key, found in figures.by_version(seen.counts).items()]
        yield from request_families(versions, exemplars(self._places.exemplars))
        yield from attempt_families(versions)
        yield limit_family(seen)
        yield from plan_families(seen)
        yield from worker_families(seen, now)
        yield from process_families(self._places, seen, now)
        yield from view_families(seen.plan, seen.views)
        yield from log_families(self._places)
        yield from alarm_families(self._places, seen.plan, time.time())
        yield from rollout_families(seen.plan, read_judged(self._places), time.time())


def request_families(versions: Sequence[Version], traces: Traces) -> Iterator[Metric]:
    """Yield what became of requests and how long they took, by route and version.

    What never got as far as a route has empty labels; it was refused, or turned away for want of room.
    """
    labels = ["route", "version"]
    requests = CounterMetricFamily(
        "gateway_requests", "Requests by what became of them.", labels=[*labels, "outcome"]
    )
    fallbacks = CounterMetricFamily(
        "gateway_fallbacks", "Requests sent to stable because the version was down.", labels=labels
    )
    durations = HistogramMetricFamily(
        "gateway_request_duration_seconds", "From a request's first byte to its answer's last.", labels=labels
    )
    for (route, version), total in versions:
        for outcome in range(FALLBACK):
            if route or outcome in (REFUSED, UNAVAILABLE) or total.outcomes[outcome]:
                requests.add_metric([route, version, OUTCOMES[outcome]], total.outcomes[outcome])
        if route:
            fallbacks.add_metric([route, version], total.outcomes[FALLBACK])
            found = with_exemplars(buckets(total.histogram), traces.get((route, version), {}))
            durations.add_metric([route, version], found, total.microseconds / 1e6)
    yield from (requests, fallbacks, durations)


def attempt_families(versions: Sequence[Version]) -> Iterator[Metric]:
    """Yield what was sent to replicas and how soon they began to answer, by route and version."""
    labels = ["route", "version"]
    attempts = CounterMetricFamily(
        "gateway_attempts", "Requests sent to a replica, every further try included.", labels=labels
    )
    retries = CounterMetricFamily(
        "gateway_retries", "Further tries after a first one that failed.", labels=labels
    )
    first_byte = HistogramMetricFamily(
        "gateway_time_to_first_byte_seconds",
        "From a request's first byte to its answer's first.",
        labels=labels,
    )
    for (route, version), total in versions:
        if route:
            attempts.add_metric([route, version], total.attempts)
            retries.add_metric([route, version], total.retries)
            first_byte.add_metric(
                [route, version], octave_buckets(total.first_byte), total.first_byte_microseconds / 1e6
            )
    yield from (attempts, retries, first_byte)


def limit_family(seen: Observation) -> Metric:
    """Return how often each limit held, over all workers there have been."""
    hits = CounterMetricFamily("gateway_limit_hits", "Times that a limit held.", labels=["limit"])
    for name, count in figures.limit_hits(state.hits for state in seen.states.values()).items():
        hits.add_metric([name], count)
    return hits


def plan_families(seen: Observation) -> Iterator[Metric]:
    """Yield what the plan asks for and whether routing.yaml says so."""
    weights = GaugeMetricFamily(
        "gateway_version_weight_ratio", "Share asked for, from 0 to 1.", labels=["route", "version"]
    )
    for route in seen.plan.routes:
        for version, units in route.weights:
            weights.add_metric([route.name, version], units / UNITS)
    yield weights
    yield GaugeMetricFamily("gateway_plan_revision", "Revision that is live.", seen.plan.revision)
    yield GaugeMetricFamily(
        "gateway_routing_file_ok", "1 while routing.yaml is what is live.", float(seen.complaint is None)
    )


def worker_families(seen: Observation, now: float) -> Iterator[Metric]:
    """Yield what each worker that is alive says of itself."""
    revision = GaugeMetricFamily(
        "gateway_worker_plan_revision", "Revision the worker serves.", labels=["worker"]
    )
    connections = GaugeMetricFamily(
        "gateway_open_connections", "Clients the worker holds connections to.", labels=["worker"]
    )
    for number, state in seen.states.items():
        if is_beating(state, now):
            revision.add_metric([str(number)], state.revision)
            connections.add_metric([str(number)], state.connections)
    yield from (revision, connections)


def process_families(places: Places, seen: Observation, now: float) -> Iterator[Metric]:
    """Yield the health of every process but those that were replaced and drain."""
    labels = ["role", "service", "number"]
    up = GaugeMetricFamily("gateway_process_up", "1 while the process does its work.", labels=labels)
    restarts = CounterMetricFamily(
        "gateway_process_restarts", "Times the process ended unasked and was started again.", labels=labels
    )
    cpu = CounterMetricFamily(
        "gateway_process_cpu_seconds", "CPU time of the process since it was started.", labels=labels
    )
    memory = GaugeMetricFamily(
        "gateway_process_resident_memory_bytes", "Memory that the process holds.", labels=labels
    )
    for process in processes(places, seen, now):
        if process["state"] == "draining":
            continue  # its successor may bear the same number, and two series of one name spoil the scrape
        values = [process["role"], process["service"], str(process["number"])]
        up.add_metric(values, float(process["healthy"]))
        restarts.add_metric(values, process["restarts"])
        if (cost := state_of(int(process["pid"] or 0))) is not None:
            cpu.add_metric(values, cost.cpu)
            memory.add_metric(values, cost.memory)
    yield from (up, restarts, cpu, memory)
