"""The routing plan: one immutable value that says where every request goes.

The plan is pure data. The data plane only ever reads one; the control plane only ever publishes a new
one. Its JSON form (`to_document`, `from_document`) is what the journal keeps and the plan slot carries.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNITS = 100_000
"""Weights of a route are integers in units of 0.001 % and add up to this."""


@dataclass(frozen=True, slots=True)
class Service:
    """One model version that answers requests.

    Either `model` is a folder (relative to routing.yaml) that the gateway serves with `replicas`
    supervised processes, or `urls` are the addresses (`http://host:port`) of replicas that run elsewhere.
    """

    name: str
    model: str = ""
    replicas: int = 1
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sticky:
    """What pins a user to a version: a `header` or `cookie` called `name`, or the peer's `ip`."""

    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """Requests whose header (lower case) has exactly this value go to one service."""

    header: str
    value: str
    to: str


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits on a service's answer, in seconds.

    `connect`: until a connection stands; `header`: from the request's last byte to the answer's head;
    `total`: from the request's first byte to the answer's last.
    """

    connect: float = 1.0
    header: float = 60.0
    total: float = 900.0


@dataclass(frozen=True, slots=True)
class Route:
    """Requests below one path, and how they are divided.

    `weights` pairs each service with its units (0 means not one request), in the order of the file.
    `since` is the revision in which this division last changed: tallies are kept per interval of it.
    `keyed` are the weights that sticky keys are placed with, see `gateway.routing.keyed`; empty: the units.
    """

    name: str
    path: str
    stable: str
    weights: tuple[tuple[str, int], ...]
    sticky: Sticky | None = None
    overrides: tuple[Override, ...] = ()
    timeouts: Timeouts = field(default_factory=Timeouts)
    since: int = 0
    keyed: tuple[float, ...] = ()

    def share(self, service: str) -> float:
        """Return the asked share of a service in percent, 0 where the route does not name it."""
        return dict(self.weights).get(service, 0) / (UNITS / 100)


@dataclass(frozen=True, slots=True)
class RoutingPlan:
    """Everything routing.yaml says, validated, as of one revision (0: not yet journalled)."""

    services: tuple[Service, ...]
    routes: tuple[Route, ...]
    listen: str = "127.0.0.1:8080"
    admin: str = "127.0.0.1:9090"
    revision: int = 0

    def route(self, name: str) -> Route | None:
        """Return the route of that name, or None."""
        return next((route for route in self.routes if route.name == name), None)

    def service(self, name: str) -> Service | None:
        """Return the service of that name, or None."""
        return next((service for service in self.services if service.name == name), None)


def percent(units: int) -> float:
    """Return units as percent, as an integer-valued float where it is one: 90000 -> 90.0."""
    return units * 100 / UNITS


def shortest_percent(units: int) -> str:
    """Return units as the shortest decimal percent, as files and people write it: 67500 -> `67.5`."""
    whole, thousandths = divmod(units * 100_000 // UNITS, 1000)
    return f"{whole}.{thousandths:03d}".rstrip("0").rstrip(".")


def proportional(weights: Mapping[str, float]) -> dict[str, int]:
    """Scale weights to integer units that add up to `UNITS`, by largest remainders.

    Zero stays zero. Raises ValueError where nothing is positive or a positive weight is smaller than
    one unit (0.001 %), since rounding it to nothing would break the promise that it gets requests.
    """
    total = math.fsum(weights.values())  # exact, so that the order of the file does not matter
    if total <= 0:
        raise ValueError("at least one weight must be above 0")
    exact = {name: weight * UNITS / total for name, weight in weights.items()}
    units = {name: int(share + 1e-6) for name, share in exact.items()}
    too_small = [name for name, share in exact.items() if share > 0 and share < 1 - 1e-6]
    if too_small:
        raise ValueError(f"the share of {too_small[0]} is below 0.001 %, the smallest that can be kept")
    missing = UNITS - sum(units.values())
    by_remainder = sorted(exact, key=lambda name: (units[name] - exact[name], name))
    for name in [name for name in by_remainder if exact[name] > 0][:missing]:
        units[name] += 1
    return units


def to_document(plan: RoutingPlan) -> dict[str, Any]:
    """Return the plan as plain JSON values."""
    return {
        "services": [
            {"name": s.name, "model": s.model, "replicas": s.replicas, "urls": list(s.urls)}
            for s in plan.services
        ],
        "routes": [_route_document(route) for route in plan.routes],
        "listen": plan.listen,
        "admin": plan.admin,
        "revision": plan.revision,
    }


def to_json(plan: RoutingPlan) -> str:
    """Return the plan's document as compact JSON."""
    return json.dumps(to_document(plan), separators=(",", ":"))


def _route_document(route: Route) -> dict[str, Any]:
    sticky, timeouts = route.sticky, route.timeouts
    return {
        "name": route.name,
        "path": route.path,
        "stable": route.stable,
        "weights": [list(pair) for pair in route.weights],
        "sticky": {"kind": sticky.kind, "name": sticky.name} if sticky else None,
        "overrides": [{"header": o.header, "value": o.value, "to": o.to} for o in route.overrides],
        "timeouts": {"connect": timeouts.connect, "header": timeouts.header, "total": timeouts.total},
        "since": route.since,
        "keyed": list(route.keyed),
    }


def from_document(document: Mapping[str, Any]) -> RoutingPlan:
    """Return the plan that `to_document` wrote; raises KeyError or TypeError on anything else."""
    return RoutingPlan(
        services=tuple(service_from(service) for service in document["services"]),
        routes=tuple(route_from(route) for route in document["routes"]),
        listen=document["listen"],
        admin=document["admin"],
        revision=document["revision"],
    )


def service_from(document: Mapping[str, Any]) -> Service:
    """Return one service of a plan's document."""
    return Service(**{**document, "urls": tuple(document["urls"])})


def route_from(document: Mapping[str, Any]) -> Route:
    """Return one route of a plan's document."""
    sticky = document["sticky"]
    return Route(
        name=document["name"],
        path=document["path"],
        stable=document["stable"],
        weights=tuple((name, units) for name, units in document["weights"]),
        sticky=Sticky(**sticky) if sticky else None,
        overrides=tuple(Override(**override) for override in document["overrides"]),
        timeouts=Timeouts(**document["timeouts"]),
        since=document["since"],
        keyed=tuple(document.get("keyed", ())),  # revisions before it have none,
    )
