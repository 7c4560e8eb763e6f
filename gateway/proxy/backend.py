"""One service as this worker sees it: who of its replicas is asked, and when it is left alone."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from gateway.proxy.admission import Admission
from gateway.proxy.balancer import Balancer
from gateway.proxy.breaker import CLOSED, OPEN, CircuitBreaker
from gateway.proxy.budget import RetryBudget
from gateway.proxy.cell import Cell
from gateway.proxy.connector import Shared
from gateway.proxy.endpoint import Endpoint
from gateway.proxy.outliers import most_ejected
from gateway.routing.places import Places
from gateway.routing.plan import Service

log = logging.getLogger("gateway.worker")


class Backend:
    """One service and its replicas; `changed` counts the changes of any state."""

    __slots__ = (
        "_balancer",
        "_loop",
        "admission",
        "before",
        "breaker",
        "budget",
        "changed",
        "closed",
        "endpoints",
        "name",
        "proven",
        "source",
        "tally",
        "up",
    )

    def __init__(
        self, service: Service, places: Places, shared: Shared, before: Backend | None = None
    ) -> None:
        """`before` is what the service was in the last plan: it answers until a new replica does."""
        self.name = service.name
        self.source = service
        self.before = before
        self.admission = _admission(service, shared)
        self.tally = shared.tally
        self.budget: RetryBudget = before.budget if before is not None else RetryBudget()
        self.breaker = _breaker(service, before)
        self._balancer = Balancer()
        self._loop = shared.loop
        self.changed = 0
        self.up = True
        self.proven = False
        """Whether a replica has ever accepted a connection from this worker."""
        self.closed = False
        self.endpoints: list[Endpoint] = []
        addresses = service.urls or tuple(
            str(places.socket(service.name, service.model, n)) for n in range(service.replicas)
        )
        self.endpoints += [Endpoint(self, shared, address) for address in addresses]
        if before is not None and before.proven:
            self._inherit(before)
        self.refresh()

    def _inherit(self, before: Backend) -> None:
        """Go on from what is known of replicas that stay; those that join a running service warm up."""
        known = {endpoint.address: endpoint for endpoint in before.endpoints}
        for endpoint in self.endpoints:
            if endpoint.address in known:
                endpoint.inherit(known[endpoint.address])
            else:
                endpoint.warm_up(self._loop.time())

    def pick(self, tried: Iterable[Endpoint] = ()) -> Endpoint | None:
        """Return the replica with the fewest requests outstanding, or None where none can be asked.

        Of those fit for it and not tried; where none of these is left, any that is up.
        """
        best = self._balancer.pick(tried)
        if best is not None:
            return best
        if self.source.traffic.panic > 0:
            for endpoint in self.endpoints:
                if endpoint.up and endpoint not in tried:
                    return endpoint
        return None if self.before is None else self.before.pick(tried)

    def refresh(self) -> None:
        """Work out anew who can be picked, and whether the service is up."""
        self.changed += 1
        usable = [endpoint for endpoint in self.endpoints if endpoint.usable]
        up = [endpoint for endpoint in self.endpoints if endpoint.up]
        panic = len(usable) * 100 < self.source.traffic.panic * len(self.endpoints)
        self._balancer.use(up if panic else usable)
        self.up = bool(up) or (self.before is not None and self.before.up)

    def warmed(self, *, done: bool) -> None:
        """A replica is warmer than it was, or wholly warm."""
        self._balancer.level()
        if done:
            self.changed += 1

    # -- failing -------------------------------------------------------------------------------------------

    def may_eject(self) -> bool:
        """Tell whether one more replica may be ejected."""
        ejected = sum(1 for endpoint in self.endpoints if endpoint.ejected_until)
        return ejected < most_ejected(len(self.endpoints), self.source.traffic.outliers)

    def allows(self, now: float) -> bool:
        """Tell whether the breaker lets a request pass; half open, this takes the one trial.

        Whoever takes it calls `report` or `forget` of the endpoint in the end.
        """
        breaker = self.breaker
        if breaker is None or breaker.state == CLOSED:
            return True
        state = breaker.state
        allowed = breaker.allows(now)
        if breaker.state != state:
            self.changed += 1
        return allowed

    def count(self, ok: bool, now: float) -> None:
        """Count the result of an attempt for the breaker."""
        breaker = self.breaker
        if breaker is None:
            return
        state = breaker.state
        breaker.report(ok, now)
        if breaker.state != state:
            self.changed += 1
            if breaker.state == CLOSED:
                log.info("service %s: its breaker is closed again", self.name)
            elif state == CLOSED:
                log.warning("service %s: its breaker opens: %s", self.name, breaker.reason())

    # -- time and plans ------------------------------------------------------------------------------------

    def supersede(self) -> None:
        """A replica has answered: what the service was before is no longer needed."""
        if self.before is not None:
            self.before.retire()
            self.before = None

    def tick(self, now: float) -> None:
        """Do what falls due for the service and every replica of it."""
        self.budget.tick(now)
        if self.breaker is not None and self.breaker.state == OPEN:
            self.breaker.tick(now)
            self.changed += self.breaker.state != OPEN
        for endpoint in self.endpoints:
            endpoint.tick(now)
        if self.before is not None:
            self.before.tick(now)

    def retire(self) -> None:
        """Close the idle connections; those in use end with their requests."""
        self.closed = True
        for endpoint in self.endpoints:
            endpoint.retire()
        self.supersede()


def _admission(service: Service, shared: Shared) -> Admission:
    if shared.counts is None:
        cell = Cell(0, memoryview(bytearray(8)).cast("Q"), [])
    else:
        cell = shared.counts.in_flight(service.name)
    return Admission(service.traffic.concurrency, service.traffic.queue, cell, shared.loop)


def _breaker(service: Service, before: Backend | None) -> CircuitBreaker | None:
    settings = service.traffic.breaker
    if settings is None:
        return None
    if before is not None and before.breaker is not None and before.source.traffic.breaker == settings:
        return before.breaker
    return CircuitBreaker(settings)
