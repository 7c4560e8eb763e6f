"""What routing.yaml may say about limits, health and TLS: plain data with the defaults that hold unsaid.

Durations are seconds, sizes are bytes, shares are percent.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may cost. Sizes: `head` of a request, its `url`, its `body`; `fields` in its head.

    `connections` and `connections_per_address` hold over all workers together. `head_timeout`: from a head's
    first byte to its last; `body_timeout`: between two pieces of a request's body, and for a client that
    takes nothing of its answer; `keep_alive_timeout`: between two requests; `tunnel_timeout`: for a tunnel
    (WebSocket) in which neither side says anything; `drain_timeout`: for what is in flight at an end or
    a reload.
    """

    head: int = 32 * 1024
    fields: int = 100
    url: int = 8 * 1024
    body: int = 1024**3
    connections: int = 20_000
    connections_per_address: int = 10_000
    requests_per_connection: int = 100_000
    head_timeout: float = 10.0
    body_timeout: float = 30.0
    keep_alive_timeout: float = 75.0
    tunnel_timeout: float = 300.0
    drain_timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate chain and its private key, as PEM files, relative to routing.yaml."""

    cert: str
    key: str


@dataclass(frozen=True, slots=True)
class Tls:
    """The TLS listener. The first of `certificates` answers clients that name no host, or an unknown one.

    `client_ca`: client certificates signed by one of these are asked for, and demanded if `client_required`.
    `minimum` is "1.2" or "1.3"; `hsts` is the max-age of Strict-Transport-Security, 0 to send none;
    `redirect`: the plain listener answers 308 to https; `http2`: offer h2 by ALPN.
    """

    listen: str
    certificates: tuple[Certificate, ...]
    client_ca: str = ""
    client_required: bool = True
    minimum: str = "1.2"
    hsts: float = 0.0
    redirect: bool = False
    http2: bool = True


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """How a service at https:// is trusted: by `ca` (the system's where empty) and by name.

    `cert` and `key` are our own certificate where the service asks for one; `server_name` is sent and
    checked instead of the url's host; `verify` False trusts anybody, for tests alone.
    """

    ca: str = ""
    cert: str = ""
    key: str = ""
    server_name: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Queue:
    """Requests that wait while a service has its full `concurrency`: `size` in each worker, for `wait`."""

    size: int = 256
    wait: float = 0.1


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """An active check: GET `path` every `interval`; a 2xx within `timeout` is a success.

    `unhealthy` failures in a row take a replica out, `healthy` successes in a row bring it back.
    """

    path: str
    interval: float = 1.0
    timeout: float = 1.0
    healthy: int = 2
    unhealthy: int = 3


@dataclass(frozen=True, slots=True)
class Outliers:
    """When a replica is ejected: after `failures` in a row (5xx, broken, late) in one worker.

    The first time for `ejection`, each further time twice as long, up to `longest`. Never more than `most`
    percent of the replicas are ejected at once, so a lone replica never is. 0 failures: never.
    """

    failures: int = 5
    ejection: float = 10.0
    longest: float = 300.0
    most: float = 50.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a service as a whole is given a rest: `errors` percent of at least `requests` `within` failed.

    Each worker counts its own. It stays open for `open`; then one request tries it, and its answer decides.
    """

    errors: float = 50.0
    requests: int = 20
    within: float = 10.0
    open: float = 5.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """How a service may be used. `concurrency`: requests in flight at once, over all workers.

    `panic`: while fewer than this percent of the replicas are well, all that accept connections are used.
    `slow_start`: seconds over which a replica that came back grows to its full share.
    """

    concurrency: int = 1024
    queue: Queue = Queue()
    health: HealthCheck | None = None
    outliers: Outliers = Outliers()
    panic: float = 50.0
    slow_start: float = 10.0
    breaker: Breaker | None = None
    tls: UpstreamTls | None = None


@dataclass(frozen=True, slots=True)
class Sticky:
    """What pins or counts a user: a `header` or `cookie` of that `name`, the peer's `ip`, the `client`."""

    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `requests` in `per`, with `burst` of them at once, for each key; without `by` for all together.

    Requests that lack the header or cookie of `by` share one key.
    """

    requests: int
    per: float = 1.0
    burst: int = 1
    by: Sticky | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits on a service's answer.

    `connect`: until a connection stands; `header`: from the request's last byte to the answer's head;
    `total`: from the request's first byte to the answer's last; `per_try`: like `header` for one try, where
    another replica may then be tried, so it is shorter than both (0: no such limit).
    """

    connect: float = 1.0
    header: float = 60.0
    total: float = 900.0
    per_try: float = 0.0


@dataclass(frozen=True, slots=True)
class Failing:
    """What a route does when a service fails: `retries` on other replicas, and who stands in.

    `on_unavailable` is "stable" (stable answers instead of a version that is down or full) or "fail".
    """

    retries: int = 1
    on_unavailable: str = "stable"
