"""The shape of `GET /api/v1/status`, which is also that of `gateway status --json`."""

from __future__ import annotations

from typing import Literal

from gateway.control.models import Answer


class FileState(Answer):
    """Whether routing.yaml is what is live, and if not, why."""

    ok: bool
    kind: Literal["", "pending", "unwritable", "unreadable", "refused"]
    message: str


class VersionState(Answer):
    """One version on one route. `weight` and `served` in percent, `rate` per second, `errors` from 0 to 1.

    `requests`, `outcomes` and `fallbacks` count since `gateway up`, `interval_requests` and `served` since
    the route's weights last changed, `attempts` and `retries` since `gateway up`; the rest is of the last
    10 to 20 seconds. `ttfb` is the time to first byte.
    """

    weight: float
    requests: int
    interval_requests: int
    served: float
    rate: float
    errors: float
    outcomes: dict[str, int]
    fallbacks: int
    attempts: int
    retries: int
    p50_ms: float | None
    p99_ms: float | None
    ttfb_p50_ms: float | None
    ttfb_p99_ms: float | None


class Since(Answer):
    """When a route's weights last changed."""

    revision: int


class RouteState(Answer):
    """One route: what was asked for and what was served since."""

    name: str
    path: str
    stable: str
    weights: dict[str, float]
    served: dict[str, float]
    since: Since
    versions: dict[str, VersionState]


class ProcessState(Answer):
    """One process; `connections` and `revision` are told of workers only."""

    role: Literal["supervisor", "control", "worker", "replica"]
    pid: int
    service: str
    number: int
    healthy: bool
    restarts: int
    connections: int = 0
    revision: int = 0


class ServiceState(Answer):
    """One address of a service that runs elsewhere, and whether it accepts connections."""

    name: str
    address: str
    healthy: bool


class ServiceHealth(Answer):
    """What the live workers see of a service: how many of them see each replica, and their breaker, how."""

    replicas: dict[str, dict[Literal["up", "warming", "unwell", "ejected", "down"], int]]
    breakers: dict[Literal["closed", "half_open", "open"], int]
    queued: int


class CertificateState(Answer):
    """One certificate; `problem` says why it cannot be used."""

    file: str
    names: list[str]
    not_after: str | None
    problem: str


class LimitState(Answer):
    """How often a limit held: `hits` since `gateway up`, `recent` ones in the last minute."""

    hits: int
    recent: int


class Status(Answer):
    """What runs and how well. `warnings` are sentences for people; there are none while all is well."""

    revision: int
    config: str
    listen: str
    tls: str
    admin: str
    file: FileState
    warnings: list[str]
    routes: list[RouteState]
    services: list[ServiceState]
    health: dict[str, ServiceHealth]
    tunnels: int
    certificates: list[CertificateState]
    limits: dict[str, LimitState]
    processes: list[ProcessState]
