"""Recorded requests divided anew: where each would go if another plan were live.

What the log holds of a request is less than the request. Its id is its draw, so a request that the weights
sent somewhere is divided exactly as a worker would divide it. Of a sticky key the log holds a keyed hash; it
is replaced by a made-up key that went where this one did, so how many users move is right, which of them is
not. A header that overrode the split is not kept: such a request stays where it was as long as some override
of its new route leads there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from gateway.routing.match import longest_prefix
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.split import Splitter
from gateway.whatif.distinct import Distinct

MOST_TRIES = 2_000
"""Made-up keys that are tried; a version with a thousandth of the traffic is met with 86 %."""
MOST_KEYS = 100_000
"""Made-up keys that are remembered; they come out the same when they are made up again."""
MOST_PATHS = 10_000
"""Paths without a route that are told apart; the rarest are forgotten beyond that."""

Move = tuple[str, str]
"""From which service to which; empty: from no route."""


class Recorded(NamedTuple):
    """What the log holds of one request.

    `chosen` is empty where no route was for its path; `key` is a pseudonym, empty where it had none.
    """

    id: str
    path: str
    route: str
    chosen: str
    why: str
    key: str
    revision: int


class Plans(Protocol):
    """The plans that were live."""

    def get(self, revision: int, /) -> RoutingPlan | None:
        """Return the plan of a revision, None where it is not known."""
        ...


@dataclass(slots=True)
class Division:
    """How the requests of one route of the other plan were and would be divided; keys are services."""

    was: Counter[str] = field(default_factory=Counter)
    would_be: Counter[str] = field(default_factory=Counter)
    moves: Counter[Move] = field(default_factory=Counter)
    users: Distinct = field(default_factory=Distinct)
    users_moved: Distinct = field(default_factory=Distinct)
    users_of_moves: dict[Move, Distinct] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """All of them."""
        return self.would_be.total()


@dataclass(slots=True)
class Outcome:
    """The divisions by route of the other plan, and the requests that it has no route for, by path."""

    divisions: dict[str, Division] = field(default_factory=dict)
    unrouted: Counter[str] = field(default_factory=Counter)
    unrouted_requests: int = 0
    previews: int = 0

    @property
    def requests(self) -> int:
        """All that were looked at but previews, which no plan divides."""
        return sum(division.requests for division in self.divisions.values()) + self.unrouted_requests

    def has_no_route(self, path: str) -> None:
        """Count a request that would be answered 404."""
        self.unrouted_requests += 1
        self.unrouted[path] += 1
        if len(self.unrouted) > MOST_PATHS:
            self.unrouted = Counter(dict(self.unrouted.most_common(MOST_PATHS // 2)))


class Resplit:
    """Divides recorded requests by another plan."""

    def __init__(self, other: RoutingPlan, plans: Plans) -> None:
        """`plans` are those that were live, by their revision."""
        self._routes = {route.path.encode(): route for route in other.routes}
        self._splitters = {route.name: Splitter(route) for route in other.routes}
        self._plans = plans
        self._before: dict[tuple[int, str], Splitter | None] = {}
        self._made_up: dict[tuple[str, str, str, int], bytes] = {}

    def all(self, requests: Iterable[Recorded]) -> Outcome:
        """Divide them all."""
        outcome = Outcome()
        for request in requests:
            if request.why == "preview":
                outcome.previews += 1
                continue
            route = longest_prefix(self._routes, request.path.encode())
            if route is None:
                outcome.has_no_route(request.path)
                continue
            _count(
                outcome.divisions.setdefault(route.name, Division()), request, self.service(request, route)
            )
        return outcome

    def service(self, request: Recorded, route: Route) -> str:
        """Return the service of another plan's route that a request would go to."""
        if request.why == "override" and any(found.to == request.chosen for found in route.overrides):
            return request.chosen
        splitter = self._splitters[route.name]
        if not splitter.is_sticky or not request.key:
            return splitter.services[splitter.by_draw(int(request.id[:16], 16))]
        return splitter.services[splitter.by_key(self._key(request))]

    def _key(self, request: Recorded) -> bytes:
        """Return a key that went where this one did."""
        which = (request.key, request.route, request.chosen, request.revision)
        found = self._made_up.get(which)
        if found is None:
            if len(self._made_up) >= MOST_KEYS:
                self._made_up.clear()
            found = self._made_up[which] = self._make_up(request)
        return found

    def _make_up(self, request: Recorded) -> bytes:
        first = request.key.encode()
        before = self._splitter_before(request)
        if before is None or not before.is_sticky or request.chosen not in before.services:
            return first
        wanted = before.services.index(request.chosen)
        for n in range(MOST_TRIES):
            key = b"%b.%d" % (first, n)
            if before.by_key(key) == wanted:
                return key
        return first

    def _splitter_before(self, request: Recorded) -> Splitter | None:
        which = (request.revision, request.route)
        if which not in self._before:
            plan = self._plans.get(request.revision)
            route = plan.route(request.route) if plan is not None else None
            self._before[which] = Splitter(route) if route is not None else None
        return self._before[which]


def _count(division: Division, request: Recorded, service: str) -> None:
    division.was[request.chosen] += 1
    division.would_be[service] += 1
    if request.key:
        division.users.add(request.key)
    if service != request.chosen:
        move = (request.chosen, service)
        division.moves[move] += 1
        if request.key:
            division.users_moved.add(request.key)
            division.users_of_moves.setdefault(move, Distinct()).add(request.key)
