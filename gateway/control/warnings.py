"""The sentences an on-call engineer needs first: what is not as it should be, and what that means.

A gateway in which all is well has none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from gateway.control.views import CertificateHealth, ReplicaHealth, ServiceHealth, Views
from gateway.monitoring.health_report import STATES

EXPIRES_SOON = 14 * 86_400.0
REPLICAS_NAMED = 3

ROUTINE = frozenset({"keep_alive_timeout", "requests_per_connection", "redirect"})
"""Limits that hold every day without anybody being the worse for it."""

_MEANING = {
    "down": ("is down for", "it accepts no connection"),
    "ejected": ("is ejected by", "after failed answers"),
    "unwell": ("is unwell for", "it fails its health check"),
    "warming": ("is warming up for", "it came back and gets a growing share"),
}
_WORST_FIRST = tuple(state for state in reversed(STATES) if state != "up")
_USABLE = ("up", "warming")


def warnings(views: Views, recent_hits: Mapping[str, int], now: float) -> list[str]:
    """Return what to tell; `recent_hits` are those of the last minute, `now` is in seconds since 1970."""
    return [
        *_of_services(views),
        *(told for found in views.certificates if (told := of_certificate(found, now))),
        *_of_limits(recent_hits),
        *views.unread,
    ]


def _of_services(views: Views) -> Iterator[str]:
    for service in views.services:
        parts = [*_of_replicas(service), *_of_breaker(service), *_of_queue(service)]
        if parts:
            named = f"service {service.name}"
            yield (
                f"{named} has no replica to use: {'; '.join(parts)}"
                if _is_out(service)
                else (f"{named}: {'; '.join(parts)}")
            )


def _is_out(service: ServiceHealth) -> bool:
    return not any(replica.states[state] for replica in service.replicas for state in _USABLE)


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
            seen.append(f"{verb} {count} of {replica.workers} workers ({meaning})")
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


def of_certificate(found: CertificateHealth, now: float) -> str:
    """Return what is wrong with a certificate, or an empty string."""
    named = f"certificate {found.file}" + (f" ({', '.join(found.names[:2])})" if found.names else "")
    if found.problem:
        return f"{named} cannot be used: {found.problem}"
    left = found.not_after - now
    if not found.not_after or left > EXPIRES_SOON:
        return ""
    day = datetime.fromtimestamp(found.not_after, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if left <= 0:
        return f"{named} has expired on {day}; clients refuse it"
    days = int(left // 86_400)
    return f"{named} expires in {days} day{'' if days == 1 else 's'}, on {day}"


def _of_limits(recent_hits: Mapping[str, int]) -> Iterator[str]:
    found = {name: hits for name, hits in recent_hits.items() if hits and name not in ROUTINE}
    if found:
        most_first = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        yield "limits that held in the last minute: " + ", ".join(
            f"{name} {hits}" for name, hits in most_first
        )
