"""What is wrong with a service, in a sentence: who of its replicas is out, why, and what that leaves.

Whether a service has a replica to use is for each worker to know, so the sights of the workers decide and not
their sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.control.status.views import ReplicaHealth, ServiceHealth, Views
from gateway.monitoring.health_report import STATES
from gateway.routing.plan import RoutingPlan
from gateway.routing.settings import Traffic

REPLICAS_NAMED = 3

_MEANING = {
    "down": ("is down for", "no connection to it can be made"),
    "ejected": ("is ejected by", "after failed answers"),
    "unwell": ("is unwell for", "it fails its health check"),
    "warming": ("is warming up for", "it came back and gets a growing share"),
}
_WORST_FIRST = tuple(state for state in reversed(STATES) if state != "up")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of the `workers` that told of a service, how many are `without` a replica, in panic, let it rest."""

    workers: int
    without: int
    panic: int
    resting: int
    out: int
    """Workers that send it nothing, for whichever reason."""

    @property
    def is_out(self) -> bool:
        """Whether no worker sends it anything."""
        return self.workers > 0 and self.out == self.workers

    @property
    def why(self) -> str:
        """Say why nothing is sent to it."""
        return "has no replica" if self.without or not self.resting else "is at rest"


def panic_percent(plan: RoutingPlan, service: str) -> float:
    """Return below which percent of well replicas all reachable ones are used."""
    found = plan.service(service)
    return (found.traffic if found else Traffic()).panic


def verdict(service: ServiceHealth, panic: float) -> Verdict:
    """Judge a service by what each worker sees; `panic` in percent."""
    sights = [sight for sight in service.sights if sight.replicas]
    return Verdict(
        workers=len(sights),
        without=sum(not sight.has_replica(panic) for sight in sights),
        panic=sum(sight.is_panic(panic) for sight in sights),
        resting=sum(sight.is_resting for sight in sights),
        out=sum(sight.is_resting or not sight.has_replica(panic) for sight in sights),
    )


def verdicts(plan: RoutingPlan, views: Views) -> dict[str, Verdict]:
    """Judge every service that a worker told of."""
    return {service.name: verdict(service, panic_percent(plan, service.name)) for service in views.services}


def service_warnings(plan: RoutingPlan, views: Views) -> Iterator[str]:
    """Yield a sentence for each service that is not entirely fine."""
    for service in views.services:
        if told := of_service(service, panic_percent(plan, service.name)):
            yield told


def of_service(service: ServiceHealth, panic: float) -> str:
    """Return what is wrong with a service, or an empty string; `panic` in percent."""
    found = verdict(service, panic)
    parts = [*_of_panic(found, panic), *_of_replicas(service), *_of_breaker(service), *_of_queue(service)]
    if not parts:
        return ""
    is_without = found.workers and found.without == found.workers
    return f"service {service.name}{' has no replica to use' if is_without else ''}: {'; '.join(parts)}"


def _of_panic(found: Verdict, percent: float) -> Iterator[str]:
    if found.panic:
        where = "" if found.panic == found.workers else f" in {found.panic} of {found.workers} workers"
        yield f"fewer than {percent:g} % are well{where}: all are used (panic)"


def _of_replicas(service: ServiceHealth) -> Iterator[str]:
    told = [text for replica in service.replicas if (text := of_replica(replica))]
    yield from told[:REPLICAS_NAMED]
    if len(told) > REPLICAS_NAMED:
        yield f"and {len(told) - REPLICAS_NAMED} more replicas"


def of_replica(replica: ReplicaHealth) -> str:
    """Return what is wrong with a replica, worst first, or an empty string."""
    seen = []
    for state in _WORST_FIRST:
        if count := replica.states[state]:
            verb, meaning = _MEANING[state]
            why = replica.reasons.get(state) or meaning
            seen.append(f"{verb} {count} of {replica.workers} workers ({why})")
    return f"replica {replica.replica} {' and '.join(seen)}" if seen else ""


def _of_breaker(service: ServiceHealth) -> Iterator[str]:
    if service.resting:
        yield (
            f"breaker open in {service.resting} of {sum(service.breakers.values())} workers "
            "(too many of its answers failed; it is tried again shortly)"
        )


def _of_queue(service: ServiceHealth) -> Iterator[str]:
    if service.waiting:
        yield f"{service.waiting} requests wait in its queue (its concurrency is used up)"
