"""The routing plan: one immutable value that says where every request goes.

The plan is pure data. The data plane only ever reads one; the control plane only ever publishes a new
one. Its JSON form is in `gateway.routing.document`, its settings are in `gateway.routing.settings`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.requestlog.policy import Logging, LogPolicy, LogSettings, Sink, Tracing
from gateway.routing.admin_settings import AdminSettings
from gateway.routing.auth_keys import ClientAuth
from gateway.routing.rollouts import Notify, Progress, Rollout
from gateway.routing.settings import Failing, Limits, RateLimit, Sticky, Timeouts, Tls, Traffic
from gateway.routing.watches import DEFAULT_ALERTS, AlertRule, Monitor

UNITS = 100_000
"""Weights of a route are integers in units of 0.001 % and add up to this."""


@dataclass(frozen=True, slots=True)
class Service:
    """One model version that answers requests.

    Either `model` is a folder (relative to routing.yaml) that the gateway serves with `replicas` supervised
    processes, or `urls` are the addresses (http or https, host and port) of replicas that run elsewhere.
    """

    name: str
    model: str = ""
    replicas: int = 1
    urls: tuple[str, ...] = ()
    traffic: Traffic = field(default_factory=Traffic)


@dataclass(frozen=True, slots=True)
class Override:
    """Requests whose header (lower case) has exactly this value go to one service."""

    header: str
    value: str
    to: str


@dataclass(frozen=True, slots=True)
class Route:
    """Requests below one path, and how they are divided.

    `weights` pairs each service with its units (0 means not one request), in the order of the file.
    `preview` is a header (lower case) by which a request names the service it wants, empty: none. `progress`
    is where this route's rollout stands: no part of the file. `log` None: its requests are not logged.
    `since` is the revision in which this division last changed: tallies are kept per interval of it.
    `keyed` are the weights that sticky keys are placed with, see `gateway.routing.keyed`; empty: the units.
    `auth` None: anybody may ask. `try_page`: a form for its requests is shown to anybody.
    """

    name: str
    path: str
    stable: str
    weights: tuple[tuple[str, int], ...]
    sticky: Sticky | None = None
    overrides: tuple[Override, ...] = ()
    timeouts: Timeouts = field(default_factory=Timeouts)
    failing: Failing = field(default_factory=Failing)
    rate_limit: RateLimit | None = None
    rollout: Rollout = field(default_factory=Rollout)
    preview: str = ""
    log: LogPolicy | None = field(default_factory=LogPolicy)
    monitor: Monitor = field(default_factory=Monitor)
    progress: Progress | None = None
    since: int = 0
    keyed: tuple[float, ...] = ()
    auth: ClientAuth | None = None
    try_page: bool = False

    @property
    def rules(self) -> Rollout:
        """By what a rollout is led: as the file says, but judged as it was when it began."""
        if self.progress is None or not self.progress.is_active:
            return self.rollout
        return replace(self.rollout, judge=self.progress.judge)

    @property
    def idle(self) -> str:
        """The first service of the weights without any, which `preview` shows; empty where all have some."""
        return next((name for name, units in self.weights if not units), "")

    def share(self, service: str) -> float:
        """Return the asked share of a service in percent, 0 where the route does not name it."""
        return dict(self.weights).get(service, 0) / (UNITS / 100)


@dataclass(frozen=True, slots=True)
class RoutingPlan:
    """Everything routing.yaml says, validated, as of one revision (0: not yet journalled).

    `preview` is a listener (host:port, empty: none) whose requests go to each route's idle service. `parked`
    are services whose replicas need not run: no part of the file, see `gateway.routing.parking`.
    """

    services: tuple[Service, ...]
    routes: tuple[Route, ...]
    listen: str = "127.0.0.1:8080"
    admin: str = "127.0.0.1:9090"
    limits: Limits = field(default_factory=Limits)
    tls: Tls | None = None
    preview: str = ""
    notify: tuple[Notify, ...] = ()
    log: LogSettings = field(default_factory=LogSettings)
    sinks: tuple[Sink, ...] = ()
    alerts: tuple[AlertRule, ...] = DEFAULT_ALERTS
    tracing: Tracing = field(default_factory=Tracing)
    logging: Logging = field(default_factory=Logging)
    admin_settings: AdminSettings = field(default_factory=AdminSettings)
    parked: tuple[str, ...] = ()
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
