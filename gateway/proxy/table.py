"""A plan prepared for the request path: what a request needs is one or two look-ups away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.http.strict import MAX_TARGET, RequestLine, request_line
from gateway.monitoring.tally import TallyWriter
from gateway.proxy.auth import KeyFiles
from gateway.proxy.compiled_route import CompiledRoute
from gateway.proxy.ledgers import Ledgers
from gateway.proxy.logbook import Logbook, RouteLog
from gateway.proxy.pool import Backend, Pool
from gateway.routing.document import route_from
from gateway.routing.match import longest_prefix
from gateway.routing.plan import Route
from gateway.routing.service_document import service_from
from gateway.routing.try_pages import try_paths

LINES_REMEMBERED = 16_384
LONGEST_REMEMBERED = 256


class Table:
    """A plan as a worker uses it. Routes are compiled when a request first wants them.

    `looked_at` are the header names (lower case) that any route decides by.
    """

    __slots__ = (
        "_key_files",
        "_ledgers",
        "_lines",
        "_logbook",
        "_pages",
        "_resorts",
        "_revision",
        "_routes",
        "_services",
        "_stables",
        "_tally",
        "looked_at",
    )

    def __init__(
        self,
        document: Mapping[str, Any],
        pool: Pool,
        tally: TallyWriter,
        before: Table | None = None,
        ledgers: Ledgers | None = None,
        logbook: Logbook | None = None,
        key_files: KeyFiles | None = None,
    ) -> None:
        """Prepare a plan's document (`gateway.routing.document`), which comes after another table."""
        self._key_files = key_files
        self._tally = tally
        self._ledgers = ledgers
        self._logbook = logbook
        self._revision: int = document.get("revision", 0)
        self._services = _services(document, pool)
        self._routes: dict[bytes, Mapping[str, Any] | CompiledRoute] = {
            route["path"].encode(): route for route in document["routes"]
        }
        self._stables = {route["name"]: self._services[route["stable"]] for route in document["routes"]}
        self._resorts = dict(self._stood_before(before)) if before else {}
        self._lines: dict[bytes, tuple[RequestLine, CompiledRoute | None]] = {}
        self._pages = dict(try_paths(document["routes"]))
        self.looked_at = frozenset(_looked_at(document["routes"]))

    def _stood_before(self, before: Table) -> Iterator[tuple[str, Backend]]:
        """Find, for each route whose stable has never answered yet, who was stable and did."""
        for name, stable in self._stables.items():
            if not stable.proven:
                for earlier in (before._stables.get(name), before._resorts.get(name)):
                    if earlier is not None and earlier is not stable and earlier.proven:
                        yield name, earlier
                        break

    def match(self, line: bytes, max_target: int = MAX_TARGET) -> tuple[RequestLine, CompiledRoute | None]:
        """Check a request line and find its route; raises Refused."""
        return self._lines.get(line) or self._match(line, max_target)

    def _match(self, line: bytes, max_target: int) -> tuple[RequestLine, CompiledRoute | None]:
        checked = request_line(line, max_target)
        found = None if checked.path in self._pages else longest_prefix(self._routes, checked.path)
        if found is not None and not isinstance(found, CompiledRoute):
            found = self._compiled(route_from(found))
        if len(line) <= LONGEST_REMEMBERED:
            if len(self._lines) >= LINES_REMEMBERED:
                self._lines.clear()
            self._lines[line] = (checked, found)
        return checked, found

    def page(self, path: bytes) -> str:
        """Return the file that a path is answered from, empty where it is none of a public page."""
        return self._pages.get(path, "")

    def _compiled(self, route: Route) -> CompiledRoute:
        log = None
        if self._logbook is not None and route.log is not None:
            log = RouteLog(self._logbook, route.name, route.log, self._revision)
        resort = self._resorts.get(route.name)
        files = self._key_files
        auth = files.check(route.auth) if files is not None and route.auth is not None else None
        found = CompiledRoute(route, self._services, self._tally, resort, self._ledgers, log, auth)
        self._routes[route.path.encode()] = found
        return found


def _services(document: Mapping[str, Any], pool: Pool) -> dict[str, Backend]:
    found = {service["name"]: pool.backend(service_from(service)) for service in document["services"]}
    for name in document.get("parked", ()):
        found[name].proven = False  # its replicas rest: whoever wants it waits for them
    return found


def _looked_at(routes: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for route in routes:
        yield from (override["header"].encode() for override in route["overrides"])
        if route.get("preview"):
            yield route["preview"].encode()
        if "auth" in route:
            yield route["auth"]["header"].encode()
        for key in (route["sticky"], (route.get("rate_limit") or {}).get("by")):
            if key and key["kind"] in ("cookie", "header"):
                yield b"cookie" if key["kind"] == "cookie" else key["name"].encode()
