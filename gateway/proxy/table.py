"""A plan prepared for the request path: what a request needs is one or two look-ups away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.http.strict import RequestLine, request_line
from gateway.monitoring.tally import Block, TallyWriter
from gateway.proxy.pool import Backend, Pool
from gateway.routing.match import longest_prefix
from gateway.routing.plan import Route, RoutingPlan, Timeouts
from gateway.routing.split import Splitter, overrides_by_header

LINES_REMEMBERED = 1024


class Target:
    """One service as one route sees it."""

    __slots__ = ("_block", "_tally", "backend", "name", "route_name", "since", "stamp")

    def __init__(self, route: Route, backend: Backend, tally: TallyWriter) -> None:
        self.backend = backend
        self.name = backend.name
        self.route_name = route.name
        self.since = route.since
        self.stamp = b"x-model-version: %b\r\nx-request-id: " % backend.name.encode()
        self._tally = tally
        self._block: Block | None = None

    @property
    def block(self) -> Block:
        """The tally of this route, service and interval, taken on first use."""
        block = self._block
        if block is None:
            block = self._block = self._tally.block(self.route_name, self.name, self.since)
        return block


class CompiledRoute:
    """One route: its division and the targets the division's indices stand for."""

    __slots__ = ("has_overrides", "name", "path", "single", "splitter", "stable", "targets", "timeouts")

    def __init__(self, route: Route, services: Mapping[str, Backend], tally: TallyWriter) -> None:
        self.name = route.name
        self.path = route.path
        self.timeouts: Timeouts = route.timeouts
        self.splitter = Splitter(route)
        self.has_overrides = bool(route.overrides)
        self.targets = tuple(Target(route, services[name], tally) for name in self.splitter.services)
        self.stable = next(target for target in self.targets if target.name == route.stable)

    def choose(self, headers: Mapping[bytes, bytes], key: bytes, draw: int) -> Target:
        """Return the target of a request while all services are up: override, sticky key, draw."""
        splitter = self.splitter
        if self.has_overrides:
            index = splitter.overridden(headers)
            if index is not None:
                return self.targets[index]
        return self.targets[splitter.by_key(key) if key else splitter.by_draw(draw)]


@dataclass(frozen=True, slots=True)
class Table:
    """A compiled plan. `lines` remembers request lines already checked and matched, up to a limit."""

    revision: int
    routes: dict[bytes, CompiledRoute]
    looked_at: frozenset[bytes]
    lines: dict[bytes, tuple[RequestLine, CompiledRoute | None]]

    @classmethod
    def empty(cls) -> Table:
        """Return the table before the first plan: nothing matches."""
        return cls(0, {}, frozenset(), {})

    @classmethod
    def compiled(cls, plan: RoutingPlan, pool: Pool, tally: TallyWriter) -> Table:
        """Prepare a plan."""
        looked_at: set[bytes] = set()
        routes: dict[bytes, CompiledRoute] = {}
        services = {service.name: pool.backend(service) for service in plan.services}
        for route in plan.routes:
            compiled = CompiledRoute(route, services, tally)
            routes[route.path.encode()] = compiled
            looked_at |= overrides_by_header(route.overrides)
            if compiled.splitter.header:
                looked_at.add(compiled.splitter.header)
            elif compiled.splitter.cookie:
                looked_at.add(b"cookie")
        return cls(plan.revision, routes, frozenset(looked_at), {})

    def match(self, line: bytes) -> tuple[RequestLine, CompiledRoute | None]:
        """Check a request line and find its route; raises Refused."""
        known = self.lines.get(line)
        if known is None:
            checked = request_line(line)
            known = (checked, longest_prefix(self.routes, checked.path))
            if len(self.lines) >= LINES_REMEMBERED:
                self.lines.clear()
            self.lines[line] = known
        return known
