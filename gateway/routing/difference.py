"""What changed between two plans, in the words `gateway history` uses."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.routing.plan import Route, RoutingPlan, Service, shortest_percent
from gateway.routing.settings import Sticky, Timeouts


def difference(old: RoutingPlan | None, new: RoutingPlan) -> list[str]:
    """Return one short line per change, none where requests are treated just as before."""
    if old is None:
        return [f"first revision: {_count(new.routes, 'route')}, {_count(new.services, 'service')}"]
    return [*_settings(old, new), *_services(old, new), *_routes(old, new)]


def _count(things: tuple[object, ...], noun: str) -> str:
    return f"{len(things)} {noun}" + ("" if len(things) == 1 else "s")


def _settings(old: RoutingPlan, new: RoutingPlan) -> Iterator[str]:
    for name, before, after in (("listen", old.listen, new.listen), ("admin", old.admin, new.admin)):
        if before != after:
            yield f"{name} {before} -> {after}"


def _services(old: RoutingPlan, new: RoutingPlan) -> Iterator[str]:
    before = {service.name: service for service in old.services}
    after = {service.name: service for service in new.services}
    for name, service in after.items():
        if name not in before:
            yield f"service {name} added ({_where(service)})"
        elif before[name] != service:
            yield f"service {name}: {_where(before[name])} -> {_where(service)}"
    yield from (f"service {name} removed" for name in before if name not in after)


def _where(service: Service) -> str:
    if service.urls:
        return ", ".join(service.urls)
    return service.model if service.replicas == 1 else f"{service.model} × {service.replicas}"


def _routes(old: RoutingPlan, new: RoutingPlan) -> Iterator[str]:
    before = {route.name: route for route in old.routes}
    after = {route.name: route for route in new.routes}
    for name, route in after.items():
        if name in before:
            yield from (f"{name}: {change}" for change in _changes(before[name], route))
        else:
            shares = ", ".join(f"{service} {_percent(units)}" for service, units in route.weights if units)
            yield f"route {name} added at {route.path} ({shares})"
    yield from (f"route {name} removed" for name in before if name not in after)


def _changes(old: Route, new: Route) -> Iterator[str]:
    if old.path != new.path:
        yield f"path {old.path} -> {new.path}"
    if old.stable != new.stable:
        yield f"stable {old.stable} -> {new.stable}"
    weights = _weights(old, new)
    if weights:
        yield ", ".join(weights)
    if old.sticky != new.sticky:
        yield f"sticky {_sticky(old.sticky)} -> {_sticky(new.sticky)}"
    if old.overrides != new.overrides:
        yield f"override {_count(old.overrides, 'rule')} -> {_count(new.overrides, 'rule')}"
    for name in Timeouts.__slots__:
        before, after = getattr(old.timeouts, name), getattr(new.timeouts, name)
        if before != after:
            yield f"timeout {name} {before:g}s -> {after:g}s"


def _weights(old: Route, new: Route) -> list[str]:
    """Return what grew, then what shrank: a person looks for the version that got more."""
    before, after = dict(old.weights), dict(new.weights)
    names = list(dict.fromkeys([*after, *before]))
    moved = [(name, before.get(name, 0), after.get(name, 0)) for name in names]
    grown = [change for change in moved if change[2] > change[1]]
    shrunk = [change for change in moved if change[2] < change[1]]
    return [f"{name} {_percent(was)} -> {_percent(now)}" for name, was, now in grown + shrunk]


def _percent(units: int) -> str:
    return f"{shortest_percent(units)} %"


def _sticky(sticky: Sticky | None) -> str:
    if sticky is None:
        return "none"
    return f"{sticky.kind} {sticky.name}".rstrip()
