"""Which service of a route answers: overrides first, then the sticky key, then the request's own draw.

Everything here is deterministic: the same route, headers, peer and draw give the same service on every
worker, on every machine, after every restart. Sticky keys use weighted rendezvous hashing (Schindelhauer
and Schomaker, "Weighted Distributed Hash Tables"): each service scores a key on its own, so a service whose
weight grows only ever gains keys, and no key moves between two services whose weights stay in proportion.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from typing import Literal

from gateway.routing.keyed import placing_weights
from gateway.routing.plan import UNITS, Override, Route

Reason = Literal["preview", "override", "sticky", "weights"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The service a request goes to while all are up, and the rule that sent it there."""

    service: str
    reason: Reason
    rule: str


class Splitter:
    """One route's division, prepared so that a choice costs little.

    Indices are positions in `services`, the order in which the route names them.
    """

    __slots__ = (
        "_bounds",
        "_overrides",
        "_scorers",
        "client",
        "cookie",
        "header",
        "ip",
        "is_sticky",
        "services",
    )

    def __init__(self, route: Route) -> None:
        self.services = tuple(name for name, _ in route.weights)
        self._bounds = tuple(accumulate(units for _, units in route.weights))
        self._overrides = _prepared(route.overrides, self.services)
        self._scorers = tuple(
            (index, weight, blake2b(f"{route.name}\0{name}\0".encode(), digest_size=8))
            for index, ((name, units), weight) in enumerate(
                zip(route.weights, placing_weights(route), strict=True)
            )
            if units
        )
        sticky = route.sticky
        self.is_sticky = sticky is not None
        self.header = _encoded(sticky.name) if sticky and sticky.kind == "header" else b""
        self.cookie = _encoded(sticky.name) if sticky and sticky.kind == "cookie" else b""
        self.ip = bool(sticky and sticky.kind == "ip")
        self.client = bool(sticky and sticky.kind == "client")

    def overridden(self, headers: Mapping[bytes, bytes]) -> int | None:
        """Return the service that the first matching override names; `headers` has lower-case names."""
        for header, value, index in self._overrides:
            if headers.get(header) == value:
                return index
        return None

    def by_key(self, key: bytes) -> int:
        """Return the service of a sticky key: the highest weight / -ln(u), u hashed from key and service."""
        if len(self._scorers) == 1:
            return self._scorers[0][0]
        best, best_score = 0, -1.0
        for index, weight, salted in self._scorers:
            hasher = salted.copy()
            hasher.update(key)
            uniform = (int.from_bytes(hasher.digest(), "big") + 0.5) * _TO_UNIT
            score = weight / -math.log(uniform) if uniform < 1.0 else math.inf
            if score > best_score:
                best, best_score = index, score
        return best

    def by_draw(self, draw: int) -> int:
        """Return the service of a uniform draw from a range much larger than the weights' units."""
        return bisect_right(self._bounds, draw % UNITS)

    def sticky_key(self, headers: Mapping[bytes, bytes], peer: bytes, client: bytes = b"") -> bytes:
        """Return what pins this request to a version, or empty where it carries nothing of the kind.

        `client` is the name that its key has, where the route asks for one.
        """
        if self.client:
            return client
        if self.header:
            return headers.get(self.header, b"")
        if self.cookie:
            return cookie_value(headers.get(b"cookie", b""), self.cookie)
        return peer if self.ip else b""


_TO_UNIT = 2.0**-64


# Routes that say the same share it: of ten thousand, what each has of its own is seldom in the CPU's cache.
@lru_cache(maxsize=1024)
def _prepared(
    overrides: tuple[Override, ...], services: tuple[str, ...]
) -> tuple[tuple[bytes, bytes, int], ...]:
    return tuple((_encoded(one.header), one.value.encode(), services.index(one.to)) for one in overrides)


@lru_cache(maxsize=1024)
def _encoded(name: str) -> bytes:
    return name.encode()


def cookie_value(cookies: bytes, name: bytes) -> bytes:
    """Return the value of the first cookie of that name in a Cookie header, or empty."""
    for pair in cookies.split(b";"):
        found, _, value = pair.strip(b" \t").partition(b"=")
        if found == name:
            return value
    return b""


def explain(route: Route, headers: Mapping[str, str], ip: str) -> Choice | None:
    """Say which service this request goes to and by which rule; None when only its own draw decides.

    Header names are lower case. The same steps in the same order as a worker takes.
    """
    splitter = Splitter(route)
    encoded = {name.encode("latin-1"): value.encode("latin-1") for name, value in headers.items()}
    named = headers.get(route.preview, "") if route.preview else ""
    if named in splitter.services:
        return Choice(named, "preview", f"{route.preview}: {named}")
    index = splitter.overridden(encoded)
    if index is not None:
        override = next(o for o in route.overrides if headers.get(o.header) == o.value)
        return Choice(splitter.services[index], "override", f"{override.header}: {override.value}")
    key = splitter.sticky_key(encoded, ip.encode())
    if key:
        return Choice(splitter.services[splitter.by_key(key)], "sticky", _sticky_rule(route, key))
    certain = [(name, units) for name, units in route.weights if units == UNITS]
    return Choice(certain[0][0], "weights", "it has all the weight") if certain else None


def _sticky_rule(route: Route, key: bytes) -> str:
    sticky = route.sticky
    if sticky is None:
        raise ValueError("a route without sticky has no sticky key")
    return f"{sticky.kind} {sticky.name} = {key.decode('latin-1')}".replace("  ", " ")
