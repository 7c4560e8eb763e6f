"""Who answers a request: a version, a replica of it, and another one where the first cannot be reached."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gateway.errors import Fault
from gateway.monitoring.tally import FALLBACK
from gateway.monitoring.tally_layout import (
    HIT_BREAKER,
    HIT_CONCURRENCY,
    HIT_CONNECT_TIMEOUT,
    HIT_QUEUE_TIMEOUT,
)
from gateway.proxy.admission import Admission
from gateway.proxy.compiled_route import CompiledRoute, Target
from gateway.proxy.evidence import Trial
from gateway.proxy.pool import Endpoint
from gateway.proxy.upstream import UpstreamConnection

if TYPE_CHECKING:
    from gateway.proxy.server import ClientConnection


class Dispatch:
    """One request's search for a replica; the layers above say what is sent and what no replica means."""

    __slots__ = (
        "_admission",
        "_body_complete",
        "_connecting",
        "_endpoint",
        "_fresh",
        "_head_sent",
        "_held",
        "_queued",
        "_request_sent",
        "_route",
        "_target",
        "_trial",
        "_tried",
        "_upstream",
        "client",
        "context",
        "done",
        "streams_events",
    )

    def __init__(self, client: ClientConnection, route: CompiledRoute) -> None:
        self.client = client
        self.context = client.context
        self._route = route
        self._target = route.stable
        self._trial: Trial | None = None
        self._upstream: UpstreamConnection | None = None
        self._endpoint: Endpoint | None = None
        self._admission: Admission | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._tried: tuple[Endpoint, ...] = ()
        self._request_sent = 0.0
        self._body_complete = False
        self._fresh = self._queued = self._held = False
        self._head_sent = self.streams_events = self.done = False

    def _send(self, upstream: UpstreamConnection) -> None:
        raise NotImplementedError

    def fail(self, fault: Fault) -> None:
        """Nobody can answer."""
        raise NotImplementedError

    def client_writable(self, writable: bool) -> None:
        """Hold the service back while the client takes no more of its answer."""
        upstream = self._upstream
        if upstream is not None and not upstream.lost:
            if writable:
                upstream.transport.resume_reading()
            else:
                upstream.transport.pause_reading()

    def _go_to(self, target: Target) -> None:
        """Send to a service once it has room, or to the one that stands in for it."""
        self._target = target
        backend = target.backend
        if not backend.up:
            self._go_elsewhere(f"no replica of service {target.name} can be reached")
            return
        self._admission = admission = backend.admission
        if admission.enter():
            self._dispatch()
        elif admission.wait(self):
            self._queued = True
            self._hold()
        else:
            self._admission = None
            self.context.tally.hit(HIT_CONCURRENCY)
            self._go_elsewhere(f"service {target.name} has all the requests it may have at once")

    def admitted(self) -> None:
        """The service has room now."""
        self._queued = False
        self._dispatch()

    def not_admitted(self) -> None:
        """The service had no room in time."""
        self._queued = False
        self._admission = None
        self.context.tally.hit(HIT_QUEUE_TIMEOUT)
        wait = self._target.backend.source.traffic.queue.wait
        self._go_elsewhere(f"service {self._target.name} had no room within {wait:g} s")

    def _dispatch(self) -> None:
        """Choose a replica and send the request to it."""
        backend = self._target.backend
        endpoint = backend.pick(self._tried)
        if endpoint is None:
            self._leave()
            self._go_elsewhere(f"no replica of service {self._target.name} can be reached")
            return
        if not backend.allows(self.context.now):
            self._leave()
            self.context.tally.hit(HIT_BREAKER)
            self._go_elsewhere(f"the breaker of service {self._target.name} is open: too much of it failed")
            return
        self._endpoint = endpoint
        self._request_sent = 0.0
        endpoint.outstanding += 1
        if endpoint.idle and not self._fresh:
            self._send(endpoint.idle.pop())
        else:
            self._hold()
            self._connecting = self.context.loop.create_task(self._connect(endpoint))

    def _go_elsewhere(self, why: str) -> None:
        target = self._target
        instead = self._instead_of(target)
        if instead is None:
            self.fail(Fault(503, "unavailable", why, target.name, retry_after=1))
        else:
            target.block.count(FALLBACK)
            if self._trial is not None:
                self._trial.fell_back()
            self._go_to(instead)

    def _instead_of(self, target: Target) -> Target | None:
        """Return who answers while a service cannot: stable, or while a new stable starts the one before."""
        route = self._route
        if target is route.last_resort or target.is_preview:
            return None
        if target is not route.stable:
            return route.stable if route.falls_back else None
        return None if target.backend.proven else route.last_resort

    def _hold(self) -> None:
        """Read no more of the request's body until there is somebody to pass it on to."""
        if not self._body_complete:  # else it is better to hear of a client that leaves
            self._held = True
            self.client.read_more(False)

    def _leave(self) -> None:
        """Give back the place among the service's requests at once."""
        admission, self._admission = self._admission, None
        if admission is None:
            return
        if self._queued:
            self._queued = False
            admission.forget(self)
        else:
            admission.leave()

    async def _connect(self, endpoint: Endpoint) -> None:
        try:
            upstream = await endpoint.open(self._route.timeouts.connect)
        except (OSError, TimeoutError) as error:
            if isinstance(error, TimeoutError):
                self.context.tally.hit(HIT_CONNECT_TIMEOUT)
            if not self.done:
                self._try_another(endpoint)
            return
        if self.done:
            endpoint.release(upstream)
            return
        if upstream.lost:  # closed before anything was sent
            self._try_another(endpoint)
            return
        self._send(upstream)
        if not self.client.writable:  # it still reads the answer before this one
            self.client_writable(False)

    def _try_another(self, failed: Endpoint) -> None:
        """Nothing of the request has been sent: another replica, or stable, may have it."""
        failed.outstanding -= 1
        failed.forget()
        self._endpoint = self._upstream = None
        self._tried = (*self._tried, failed)
        self._dispatch()
