"""All services of a worker, through changes of plan.

Workers find out on their own which replicas and services are well, so that needs nobody to be alive but the
replicas themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.proxy.backend import Backend
from gateway.proxy.connector import Shared
from gateway.proxy.endpoint import Endpoint
from gateway.routing.places import Places
from gateway.routing.plan import Service

__all__ = ["Backend", "Endpoint", "Pool", "Shared"]


class Pool:
    """All services of a worker. A service that a new plan leaves as it was keeps its connections."""

    def __init__(self, places: Places, shared: Shared) -> None:
        self._places = places
        self._shared = shared
        self._backends: dict[str, Backend] = {}
        self._changed = 0

    @property
    def changed(self) -> int:
        """A number that is another one after any change of a replica's or a breaker's state."""
        return self._changed + sum(backend.changed for backend in self._backends.values())

    def backend(self, service: Service) -> Backend:
        """Return a service as the plan describes it."""
        backend = self._backends.get(service.name)
        if backend is None or backend.source != service:
            if backend is not None:
                self._changed += backend.changed
            backend = Backend(service, self._places, self._shared, before=backend)
            self._backends[service.name] = backend
        return backend

    def keep_only(self, names: Iterable[str]) -> None:
        """Let go of the services that the plan no longer has."""
        for name in self._backends.keys() - set(names):
            backend = self._backends.pop(name)
            self._changed += backend.changed + 1
            backend.retire()

    def states(self) -> list[dict[str, str | int]]:
        """Return what is known of every replica: service, replica, state, reason, outstanding.

        `state` is up, warming, unwell, ejected or down, `reason` why; `breaker` is that of its service, empty
        without one.
        """
        return [
            {
                "service": backend.name,
                "replica": str(endpoint),
                "state": endpoint.state,
                "reason": "" if endpoint.usable else endpoint.trouble,
                "outstanding": endpoint.outstanding,
                "breaker": backend.breaker.state if backend.breaker is not None else "",
            }
            for backend in self._standing()
            for endpoint in backend.endpoints
        ]

    def waiting(self) -> dict[str, int]:
        """Return how many requests of this worker wait for each service."""
        return {name: backend.admission.waiting for name, backend in self._backends.items()}

    def _standing(self) -> Iterator[Backend]:
        """Find every backend that may be asked: while a new model loads, the one before as well."""
        for backend in self._backends.values():
            standing: Backend | None = backend
            while standing is not None:
                yield standing
                standing = standing.before

    def tick(self, now: float) -> None:
        """Do what falls due for every service and every replica."""
        for backend in self._backends.values():
            backend.tick(now)

    def close(self) -> None:
        """Close all idle connections."""
        for backend in self._backends.values():
            backend.retire()
