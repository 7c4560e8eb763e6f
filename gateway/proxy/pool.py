"""Connections to services: kept for reuse, spread by least outstanding requests, given up when they fail.

A replica that refuses a connection is down until a probe finds it again; a service is up while any of its
replicas is. Workers find out on their own, so this needs nobody to be alive but the replica itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from gateway.http.headers import Shapes
from gateway.proxy.outbox import Outbox
from gateway.proxy.upstream import UpstreamConnection
from gateway.routing.places import Places
from gateway.routing.plan import Service

log = logging.getLogger("gateway.worker")

IDLE_TIMEOUT = 4.0
"""Seconds a connection is kept unused: below the 5 s after which common servers close theirs."""
PROBE_FIRST, PROBE_LAST = 0.1, 0.25
PROBE_TIMEOUT = 1.0


@dataclass(frozen=True, slots=True)
class Shared:
    """What all connections to services use."""

    loop: asyncio.AbstractEventLoop
    outbox: Outbox
    shapes: Shapes


class Endpoint:
    """One replica, at a Unix socket (`path`) or at `host` and `port`."""

    __slots__ = (
        "_loop",
        "_outbox",
        "_probe_delay",
        "_probing",
        "_shapes",
        "authority",
        "backend",
        "host",
        "idle",
        "next_probe",
        "outstanding",
        "path",
        "port",
        "up",
    )

    def __init__(self, backend: Backend, shared: Shared, address: str) -> None:
        self.backend = backend
        self._loop = shared.loop
        self._outbox = shared.outbox
        self._shapes = shared.shapes
        self.path, self.host, self.port = _parsed(address)
        self.authority = address.removeprefix("http://").encode() if self.host else b"localhost"
        self.idle: list[UpstreamConnection] = []
        self.outstanding = 0
        self.up = True
        self.next_probe = 0.0
        self._probe_delay = PROBE_FIRST
        self._probing = False

    async def open(self, within: float) -> UpstreamConnection:
        """Connect within so many seconds; raises OSError or TimeoutError where the replica is down."""
        try:
            async with asyncio.timeout(within):
                if self.path:
                    _, made = await self._loop.create_unix_connection(self._new, self.path)
                else:
                    _, made = await self._loop.create_connection(self._new, self.host, self.port)
        except (OSError, TimeoutError) as error:
            self.failed(error)
            raise
        self.answered()
        return cast(UpstreamConnection, made)

    def _new(self) -> asyncio.Protocol:
        # Not a subclass of asyncio.Protocol, because mypyc makes fast objects only of classes all its own.
        return cast(asyncio.Protocol, UpstreamConnection(self, self._outbox, self._shapes))

    def failed(self, error: OSError | TimeoutError) -> None:
        """Take the replica out until a probe finds it."""
        if self.up:
            self.up = False
            self._probe_delay = PROBE_FIRST
            self.next_probe = self._loop.time() + PROBE_FIRST
            self.backend.refresh()
            reason = error.strerror or str(error) or "no answer in time"
            log.warning("service %s: replica %s is down: %s", self.backend.name, self, reason)

    def answered(self) -> None:
        """Put the replica back in."""
        self.backend.proven = True
        if self.backend.before is not None:
            self.backend.supersede()
        if not self.up:
            self.up = True
            self.backend.refresh()
            log.info("service %s: replica %s is up again", self.backend.name, self)

    def release(self, connection: UpstreamConnection) -> None:
        """Take back a connection that is fit for another request."""
        if connection.lost or self.backend.closed:
            connection.close()
            return
        connection.idle_since = self._loop.time()
        self.idle.append(connection)

    def tick(self, now: float) -> None:
        """Close what has been idle for too long; probe when it is time to."""
        while self.idle and now - self.idle[0].idle_since > IDLE_TIMEOUT:
            self.idle.pop(0).close()
        if not self.up and now >= self.next_probe and not self._probing:
            self._probing = True
            self._probe_delay = min(self._probe_delay * 2, PROBE_LAST)
            self.next_probe = now + self._probe_delay
            task = self._loop.create_task(self._probe())
            task.add_done_callback(self._probed)

    async def _probe(self) -> None:
        try:
            self.release(await self.open(PROBE_TIMEOUT))
        except (OSError, TimeoutError):
            return  # still down; the next probe is set

    def _probed(self, _: asyncio.Task[None]) -> None:
        self._probing = False

    def close(self) -> None:
        """Close the idle connections; those in use end with their requests."""
        while self.idle:
            self.idle.pop().close()

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


def _parsed(address: str) -> tuple[str, str, int]:
    if address.startswith("/"):
        return address, "", 0
    host, _, port = address.removeprefix("http://").rpartition(":")
    return "", host.strip("[]"), int(port)


class Backend:
    """One service: its replicas as this worker sees them."""

    __slots__ = ("before", "closed", "endpoints", "name", "proven", "source", "up")

    def __init__(
        self,
        service: Service,
        places: Places,
        shared: Shared,
        before: Backend | None = None,
    ) -> None:
        """`before` is what the service was in the last plan: it answers until a new replica does."""
        self.name = service.name
        self.source = service
        self.before = before
        addresses = service.urls or tuple(
            str(places.socket(service.name, service.model, n)) for n in range(service.replicas)
        )
        self.endpoints = [Endpoint(self, shared, address) for address in addresses]
        self.up = True
        self.proven = False
        """Whether a replica has ever accepted a connection from this worker."""
        self.closed = False

    def refresh(self) -> None:
        """Work out anew whether the service is up."""
        self.up = any(endpoint.up for endpoint in self.endpoints) or (
            self.before is not None and self.before.up
        )

    def supersede(self) -> None:
        """A replica has answered: what the service was before is no longer needed."""
        if self.before is not None:
            self.before.retire()
            self.before = None

    def tick(self, now: float) -> None:
        """Look after every replica: idle connections and probes."""
        for endpoint in tuple(self.endpoints):
            endpoint.tick(now)
        if self.before is not None:
            self.before.tick(now)

    def retire(self) -> None:
        """Close the idle connections; those in use end with their requests."""
        self.closed = True
        for endpoint in self.endpoints:
            endpoint.close()
        self.supersede()

    def pick(self, tried: Iterable[Endpoint] = ()) -> Endpoint | None:
        """Return the replica with the fewest requests outstanding, or None while none is up."""
        best = None
        for endpoint in self.endpoints:
            fewer = best is None or endpoint.outstanding < best.outstanding
            if fewer and endpoint.up and endpoint not in tried:
                best = endpoint
        if best is not None and len(self.endpoints) > 1:
            # The next request finds another replica first where several have equally few.
            self.endpoints.remove(best)
            self.endpoints.append(best)
        elif best is None and self.before is not None:
            return self.before.pick(tried)
        return best


class Pool:
    """All services of a worker. A service that a new plan leaves as it was keeps its connections."""

    def __init__(self, places: Places, shared: Shared) -> None:
        self._places = places
        self._shared = shared
        self._backends: dict[str, Backend] = {}

    def backend(self, service: Service) -> Backend:
        """Return a service as the plan describes it."""
        backend = self._backends.get(service.name)
        if backend is None or backend.source != service:
            backend = Backend(service, self._places, self._shared, before=backend)
            self._backends[service.name] = backend
        return backend

    def keep_only(self, names: Iterable[str]) -> None:
        """Let go of the services that the plan no longer has."""
        for name in self._backends.keys() - set(names):
            self._backends.pop(name).retire()

    def tick(self, now: float) -> None:
        """Look after every replica: idle connections and probes."""
        for backend in self._backends.values():
            backend.tick(now)

    def close(self) -> None:
        """Close all idle connections."""
        for backend in self._backends.values():
            backend.retire()
