"""The plan as plain JSON values: what the journal keeps and the plan slot carries.

Later versions add keys; whoever reads takes the default for what an older document does not have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from threading import Lock
from typing import Any

from gateway.errors import GatewayError
from gateway.routing.admin_document import admin_from, admin_part
from gateway.routing.auth_keys import ClientAuth
from gateway.routing.log_document import (
    alerts_from,
    log_from,
    logging_from,
    monitor_from,
    plan_parts,
    route_parts,
    settings_from,
    sinks_from,
    tracing_from,
)
from gateway.routing.plan import Override, Route, RoutingPlan
from gateway.routing.rollout_document import (
    notify_document,
    notify_from,
    progress_document,
    progress_from,
    rollout_document,
    rollout_from,
)
from gateway.routing.rollouts import Rollout
from gateway.routing.service_document import service_document, service_from
from gateway.routing.settings import Certificate, Failing, Limits, RateLimit, Sticky, Timeouts, Tls

_READING = Lock()


class UnknownPlan(GatewayError):
    """A plan that this version of the code cannot read."""


def to_document(plan: RoutingPlan) -> dict[str, Any]:
    """Return the plan as plain JSON values."""
    return {
        "services": [service_document(service) for service in plan.services],
        "routes": [_route_document(route) for route in plan.routes],
        "listen": plan.listen,
        "admin": plan.admin,
        "limits": asdict(plan.limits),
        "tls": asdict(plan.tls) if plan.tls else None,
        "preview": plan.preview,
        "notify": [notify_document(found) for found in plan.notify],
        **plan_parts(plan),
        **admin_part(plan.admin_settings),
        "parked": list(plan.parked),
        "revision": plan.revision,
    }


def to_json(plan: RoutingPlan) -> str:
    """Return the plan's document as compact JSON."""
    return json.dumps(to_document(plan), separators=(",", ":"))


_USUAL_TIMEOUTS, _USUAL_FAILING, _USUAL_ROLLOUT = Timeouts(), Failing(), Rollout()


def _route_document(route: Route) -> dict[str, Any]:
    """Leave out what is as usual: there may be 10,000 routes."""
    document: dict[str, Any] = {
        "name": route.name,
        "path": route.path,
        "stable": route.stable,
        "weights": [list(pair) for pair in route.weights],
        "sticky": _key(route.sticky),
        "overrides": [{"header": o.header, "value": o.value, "to": o.to} for o in route.overrides],
        "timeouts": {} if route.timeouts == _USUAL_TIMEOUTS else asdict(route.timeouts),
        "since": route.since,
        "keyed": list(route.keyed),
    }
    if route.failing != _USUAL_FAILING:
        document["failing"] = asdict(route.failing)
    if route.rate_limit is not None:
        document["rate_limit"] = {**asdict(route.rate_limit), "by": _key(route.rate_limit.by)}
    if route.rollout != _USUAL_ROLLOUT:
        document["rollout"] = rollout_document(route.rollout)
    if route.preview:
        document["preview"] = route.preview
    if route.auth is not None:
        document["auth"] = asdict(route.auth)
    if route.try_page:
        document["try_page"] = True
    if route.progress is not None:
        document["progress"] = progress_document(route.progress)
    document.update(route_parts(route))
    return document


def _key(key: Sticky | None) -> dict[str, str] | None:
    return {"kind": key.kind, "name": key.name} if key else None


def from_json(text: bytes) -> RoutingPlan:
    """Return the plan that `to_json` wrote; raises UnknownPlan, and ValueError where it is no JSON.

    Many parts of a process ask for the plan in force. With thousands of routes to read it takes a fifth of a
    second, so what was read last is kept, and whoever asks meanwhile waits for it instead of reading it too.
    """
    with _READING:
        return _read(text)


@lru_cache(maxsize=2)  # the plan in force and the one before it
def _read(text: bytes) -> RoutingPlan:
    return from_document(json.loads(text))


def from_document(document: Mapping[str, Any]) -> RoutingPlan:
    """Return the plan that `to_document` wrote; raises UnknownPlan on anything else."""
    try:
        return _from_document(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnknownPlan(
            f"this plan was written by another version of the gateway ({type(error).__name__}: {error}); "
            "restart the gateway, so that all of it is of the version that is installed now"
        ) from error


def _from_document(document: Mapping[str, Any]) -> RoutingPlan:
    return RoutingPlan(
        services=tuple(service_from(service) for service in document["services"]),
        routes=tuple(route_from(route) for route in document["routes"]),
        listen=document["listen"],
        admin=document["admin"],
        limits=limits_from(document),
        tls=tls_from(document),
        preview=document.get("preview", ""),
        notify=tuple(notify_from(found) for found in document.get("notify", ())),
        log=settings_from(document),
        sinks=sinks_from(document),
        alerts=alerts_from(document),
        tracing=tracing_from(document),
        logging=logging_from(document),
        admin_settings=admin_from(document),
        parked=tuple(document.get("parked", ())),
        revision=document["revision"],
    )


def limits_from(document: Mapping[str, Any]) -> Limits:
    """Return the limits of a plan's document."""
    return Limits(**document.get("limits", {}))


def tls_from(document: Mapping[str, Any]) -> Tls | None:
    """Return the TLS listener of a plan's document."""
    tls = document.get("tls")
    if not tls:
        return None
    return Tls(**{**tls, "certificates": tuple(Certificate(**found) for found in tls["certificates"])})


def route_from(document: Mapping[str, Any]) -> Route:
    """Return one route of a plan's document."""
    limit = document.get("rate_limit")
    return Route(
        name=document["name"],
        path=document["path"],
        stable=document["stable"],
        weights=tuple((name, units) for name, units in document["weights"]),
        sticky=_key_from(document["sticky"]),
        overrides=tuple(Override(**override) for override in document["overrides"]),
        timeouts=Timeouts(**document["timeouts"]),
        failing=Failing(**document.get("failing", {})),
        rate_limit=RateLimit(**{**limit, "by": _key_from(limit["by"])}) if limit else None,
        rollout=rollout_from(document["rollout"]) if "rollout" in document else _USUAL_ROLLOUT,
        preview=document.get("preview", ""),
        log=log_from(document),
        monitor=monitor_from(document),
        progress=progress_from(document["progress"]) if "progress" in document else None,
        since=document["since"],
        keyed=tuple(document.get("keyed", ())),  # revisions before it have none,
        auth=ClientAuth(**document["auth"]) if "auth" in document else None,
        try_page=document.get("try_page", False),
    )


def _key_from(document: Mapping[str, str] | None) -> Sticky | None:
    return Sticky(**document) if document else None
