"""The shape of `GET /api/v1/status`, which is also that of `gateway status --json`."""

from __future__ import annotations

from typing import Literal

from gateway.control.log.models import LogState
from gateway.control.models import Answer
from gateway.control.rollouts.models import RolloutState

ReplicaWord = Literal["up", "warming", "unwell", "ejected", "down"]


class FileState(Answer):
    """Whether routing.yaml is what is live, and if not, why."""

    ok: bool
    kind: Literal["", "pending", "unwritable", "unreadable", "refused"]
    message: str


class VersionState(Answer):
    """One version on one route. `weight` and `served` in percent, `rate` per second, `errors` from 0 to 1.

    `requests`, `outcomes` and `fallbacks` count since `gateway up`, `interval_requests` and `served` since
    the route's weights last changed, `attempts` and `retries` since `gateway up`; the rest is of the last
    10 to 20 seconds, and of no time before the weights last changed. `rate` is the version's part of the
    route's rate; null: none was answered yet under these weights. `ttfb` is the time to first byte.
    """

    weight: float
    requests: int
    interval_requests: int
    served: float
    rate: float | None
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
    """One route: what was asked for and what was served since.

    `rate`: requests per second over the last `rate_seconds`, whatever the weights were. `recent_seconds`: how
    far back the versions' errors and latencies reach, at most to the last change of weights.
    """

    name: str
    path: str
    stable: str
    weights: dict[str, float]
    served: dict[str, float]
    since: Since
    rate: float
    rate_seconds: float
    recent_seconds: float
    versions: dict[str, VersionState]
    rollout: RolloutState


class ProcessState(Answer):
    """One process; `connections` and `revision` are told of workers only.

    `pid` is null while it does not run, `age` the seconds since it was started; `healthy` is true of those
    that are draining too, which were replaced by a reload.
    """

    role: Literal["supervisor", "control", "worker", "replica", "recorder", "keeper"]
    pid: int | None
    service: str
    number: int
    healthy: bool
    state: Literal["healthy", "starting", "draining", "stopped", "hung", "down"]
    restarts: int
    age: float | None
    connections: int = 0
    revision: int = 0


class ServiceState(Answer):
    """One address of a service that runs elsewhere: how many workers see it in which state.

    `state` is the worst of these, `reason` why; `healthy`: every worker sees it up or warming.
    """

    name: str
    address: str
    healthy: bool
    state: ReplicaWord
    seen: dict[ReplicaWord, int]
    reason: str


class ServiceHealth(Answer):
    """What the live workers see of a service: how many of them see each replica, and their breaker, how.

    `reasons`: why a replica is in its worst state. So many workers use all replicas that can be reached,
    since too few are well (`panic`), and so many send the service nothing (`out`).
    """

    replicas: dict[str, dict[ReplicaWord, int]]
    reasons: dict[str, str]
    breakers: dict[Literal["closed", "half_open", "open"], int]
    queued: int
    panic: int
    out: int


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
    log: LogState
    processes: list[ProcessState]
