"""What `gateway status` shows and the admin API answers, built from files alone.

It therefore works while the control process is dead, and the command line can build it without asking
anybody. Nothing heavy may be imported here: the command line pays for it.
"""

from __future__ import annotations

import time
from typing import Any

from gateway.control.alerts.alarms import alarm_warnings
from gateway.control.log.status import log_state, log_warnings
from gateway.control.readings import iso_time
from gateway.control.rollouts.state import Judged, read_judged, rollout_state
from gateway.control.status import figures
from gateway.control.status.health import processes, services
from gateway.control.status.observation import Observation, observe
from gateway.control.status.views import Views
from gateway.control.warnings.everything import warnings
from gateway.control.warnings.rollouts import rollout_warnings
from gateway.control.warnings.services import verdicts
from gateway.control.warnings.setup import admin_warnings
from gateway.control.warnings.trail import audit_warnings
from gateway.monitoring.tally import FALLBACK, OUTCOMES, Count
from gateway.monitoring.tally_rate import Rate, rate_of
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.revise import shares_of
from gateway.supervision.reload_report import read_report

Versions = dict[tuple[str, str], list[Count]]


def snapshot(places: Places, now: float | None = None) -> dict[str, Any]:
    """Return the state of a gateway as plain JSON values; `now` is in seconds of CLOCK_MONOTONIC.

    Raises GatewayError where no gateway was ever started with this state directory.
    """
    at = time.monotonic() if now is None else now
    seen = observe(places, at)
    running = processes(places, seen, at)
    recent_hits = figures.limit_hits(state.recent_hits for state in seen.states.values())
    file = file_state(seen, running)
    judged, clock = read_judged(places), time.time()
    log = log_state(places, seen, at)
    rollouts = rollout_warnings(places, seen.plan, judged, clock)
    troubles = [*admin_warnings(places, seen.plan), *rollouts, *alarm_warnings(places.watch, clock)]
    troubles += [*log_warnings(log), *audit_warnings(places)]
    return {
        **_addresses(seen),
        "file": file,
        "warnings": warnings(seen, running, file, read_report(places), recent_hits, clock, troubles),
        "routes": _routes(seen, at, judged, clock),
        "services": services(seen.plan, seen.views),
        **view_state(seen.plan, seen.views),
        "limits": limit_state(seen, recent_hits),
        "log": log,
        "processes": running,
    }


def _routes(seen: Observation, at: float, judged: Judged, clock: float) -> list[dict[str, Any]]:
    versions = figures.by_version(seen.counts)
    return [
        {
            **route_state(route, versions, rate_of(seen.states.values(), route.name, at)),
            "rollout": rollout_state(route, judged, clock),
        }
        for route in seen.plan.routes
    ]


def _addresses(seen: Observation) -> dict[str, Any]:
    return {
        "revision": seen.plan.revision,
        "config": seen.running.config,
        "listen": seen.running.listen or seen.plan.listen,
        "admin": seen.running.admin or seen.plan.admin,
        "tls": seen.running.tls,
    }


def view_state(plan: RoutingPlan, views: Views) -> dict[str, Any]:
    """Return what the live workers see, by service, and the certificates."""
    judged = verdicts(plan, views)
    return {
        "health": {
            service.name: {
                "replicas": {replica.replica: dict(replica.states) for replica in service.replicas},
                "reasons": {
                    replica.replica: replica.reason for replica in service.replicas if replica.reason
                },
                "breakers": dict(service.breakers),
                "queued": service.waiting,
                "panic": judged[service.name].panic,
                "out": judged[service.name].out,
            }
            for service in views.services
        },
        "tunnels": sum(views.tunnels.values()),
        "certificates": [
            {
                "file": found.file,
                "names": list(found.names),
                "not_after": iso_time(found.not_after) if found.not_after else None,
                "problem": found.problem,
            }
            for found in views.certificates
        ],
    }


def limit_state(seen: Observation, recent_hits: dict[str, int]) -> dict[str, dict[str, int]]:
    """Return the limits that ever held: how often since `gateway up`, and in the last minute."""
    hits = figures.limit_hits(state.hits for state in seen.states.values())
    return {name: {"hits": hits[name], "recent": recent_hits[name]} for name in hits if hits[name]}


def file_state(seen: Observation, running: list[dict[str, Any]]) -> dict[str, Any]:
    """Return whether routing.yaml is what is live, and why not."""
    if seen.complaint is not None:
        return {"ok": False, **seen.complaint}
    someone_writes = any(p["role"] == "control" and p["healthy"] for p in running)
    if seen.file == "written" or (seen.file == "pending" and someone_writes):
        return {"ok": True, "kind": "", "message": ""}
    message = (
        f"routing.yaml does not say revision {seen.plan.revision} yet; the control process will write it "
        "as soon as it runs"
    )
    return {"ok": False, "kind": "pending", "message": message}


def route_state(route: Route, versions: Versions, rate: Rate) -> dict[str, Any]:
    """Return one route: what was asked for, what was served since then, and how each version does."""
    counts = {name: versions.get((route.name, name), []) for name, _ in route.weights}
    in_interval = {name: figures.requests_since(found, route.since) for name, found in counts.items()}
    served = figures.shares(in_interval)
    asked = shares_of(route)
    rates = figures.version_rates(counts, route.since, rate.per_second)
    return {
        "name": route.name,
        "path": route.path,
        "stable": route.stable,
        "weights": asked,
        "served": served,
        "since": {"revision": route.since},
        "rate": round(rate.per_second, 3),
        "rate_seconds": round(rate.seconds, 3),
        "recent_seconds": max(
            figures.window_seconds(figures.of_interval(found, route.since)) for found in counts.values()
        ),
        "versions": {
            name: {
                "weight": asked[name],
                "interval_requests": in_interval[name],
                "served": served[name],
                "rate": rates[name],
                **version_state(found, route.since),
            }
            for name, found in counts.items()
        },
    }


def version_state(counts: list[Count], since: int) -> dict[str, Any]:
    """Return what one version did on one route, over all workers.

    Totals are since `gateway up`; errors and latencies are those of the recent window, without what was asked
    under other weights than those of the interval `since`.
    """
    total = figures.merged(counts)
    recent = figures.merged(figures.of_interval(counts, since))
    return {
        "requests": total.requests,
        "errors": figures.error_ratio(recent.recent_outcomes),
        "outcomes": dict(zip(OUTCOMES[:FALLBACK], total.outcomes, strict=False)),
        "fallbacks": total.outcomes[FALLBACK],
        "attempts": total.attempts,
        "retries": total.retries,
        "p50_ms": figures.milliseconds(recent.recent_histogram, 0.50),
        "p99_ms": figures.milliseconds(recent.recent_histogram, 0.99),
        "ttfb_p50_ms": figures.first_byte_milliseconds(recent.recent_first_byte, 0.50),
        "ttfb_p99_ms": figures.first_byte_milliseconds(recent.recent_first_byte, 0.99),
    }
