"""A route prepared for the request path: its division, and the services as this route sees them."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.http.headers import BLANKS, Shape
from gateway.monitoring.tally import TallyWriter
from gateway.proxy.auth import KeyCheck
from gateway.proxy.evidence import Trials
from gateway.proxy.ledgers import Ledgers
from gateway.proxy.logbook import RouteLog
from gateway.proxy.peers import network_of
from gateway.proxy.pool import Backend
from gateway.routing.plan import Route
from gateway.routing.settings import Failing, RateLimit, Timeouts
from gateway.routing.split import Splitter, cookie_value


class Target:
    """One service as one route sees it; `block` is the tally of this route, service and interval."""

    __slots__ = ("backend", "block", "is_preview", "label", "name", "stamp")

    def __init__(self, route: Route, backend: Backend, tally: TallyWriter, is_preview: bool = False) -> None:
        """`is_preview`: it was asked for by name, so nobody may stand in for it."""
        self.is_preview = is_preview
        self.backend = backend
        self.name = backend.name
        self.label = backend.name.encode()
        self.stamp = b"x-model-version: %b\r\nx-request-id: " % self.label
        self.block = tally.block(route.name, backend.name, route.since)


def _able(route: Route, auth: KeyCheck | None) -> KeyCheck | None:
    """Return who checks the keys of a route; one that asks for them must never be served without."""
    if route.auth is not None and auth is None:
        raise ValueError(f"route {route.name} asks for keys, and nobody here can check them")
    return auth


class CompiledRoute:
    """One route: its division and the targets the division's indices stand for."""

    __slots__ = (
        "auth",
        "failing",
        "falls_back",
        "has_door",
        "has_overrides",
        "idle",
        "key",
        "last_resort",
        "log",
        "name",
        "path",
        "preview_header",
        "previews",
        "rate_limit",
        "splitter",
        "stable",
        "targets",
        "timeouts",
        "trials",
    )

    def __init__(
        self,
        route: Route,
        services: Mapping[str, Backend],
        tally: TallyWriter,
        resort: Backend | None = None,
        ledgers: Ledgers | None = None,
        log: RouteLog | None = None,
        auth: KeyCheck | None = None,
    ) -> None:
        """`resort` was stable before and answers until the new stable has once."""
        self.auth = _able(route, auth)
        self.name = route.name
        self.key = route.name.encode()
        self.path = route.path
        self.timeouts: Timeouts = route.timeouts
        self.failing: Failing = route.failing
        self.falls_back = route.failing.on_unavailable == "stable"
        self.rate_limit: RateLimit | None = route.rate_limit
        self.has_door = auth is not None or route.rate_limit is not None
        self.splitter = Splitter(route)
        self.has_overrides = bool(route.overrides)
        self.targets = tuple(Target(route, services[name], tally) for name in self.splitter.services)
        self.stable = next(target for target in self.targets if target.name == route.stable)
        self.last_resort = Target(route, resort, tally) if resort else None
        self.preview_header = route.preview.encode()
        self.previews = {of.label: Target(route, of.backend, tally, is_preview=True) for of in self.targets}
        self.idle = self.previews.get(route.idle.encode())
        self.trials: Trials | None = ledgers.trials(route) if ledgers is not None else None
        self.log = log

    def choose(self, headers: Mapping[bytes, bytes], key: bytes, draw: int) -> Target:
        """Return the target of a request while all services are up: override, sticky key, draw."""
        splitter = self.splitter
        if self.has_overrides:
            index = splitter.overridden(headers)
            if index is not None:
                return self.targets[index]
        return self.targets[splitter.by_key(key) if key else splitter.by_draw(draw)]

    def is_overridden(self, headers: Mapping[bytes, bytes]) -> bool:
        """Tell whether an override sends a request where it goes, rather than the split."""
        return self.has_overrides and self.splitter.overridden(headers) is not None

    def rate_key(self, fields: Mapping[bytes, bytes], shape: Shape, peer: bytes, caller: bytes) -> bytes:
        """Return by what a request is counted towards the rate limit; empty: with all that lack it."""
        by = self.rate_limit.by if self.rate_limit else None
        if by is None:
            return b""
        if by.kind == "ip":
            return network_of(peer)
        if by.kind == "client":
            return caller
        written = shape.spelled.get(b"cookie" if by.kind == "cookie" else by.name.encode())
        value = fields[written].strip(BLANKS) if written is not None else b""
        return cookie_value(value, by.name.encode()) if by.kind == "cookie" else value
