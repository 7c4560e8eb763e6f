"""What changed between two plans, in the words `gateway history` uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import chain
from typing import Any

from gateway.routing.admin_document import admin_changes
from gateway.routing.auth_keys import ClientAuth
from gateway.routing.difference_log import route_log_changes, watched_changes
from gateway.routing.difference_rollout import plan_changes, rollout_changes
from gateway.routing.fields import shown_duration
from gateway.routing.plan import Route, RoutingPlan, Service, shortest_percent
from gateway.routing.read_settings import shown_size
from gateway.routing.settings import Outliers, RateLimit, Sticky, Tls

_SIZES = {"head", "url", "body"}
_PERCENT = {"most", "panic", "errors"}
_NONE_AT_ZERO = {"per_try", "hsts"}
_CAN_BE_OFF = {"health", "outliers", "breaker"}
_KEYS = {"client_ca": "clients.ca", "client_required": "clients.required"}
"""What the file calls it, where that is another name than the setting's."""


def difference(old: RoutingPlan | None, new: RoutingPlan) -> list[str]:
    """Return one short line per change, none where requests are treated just as before."""
    if old is None:
        return [f"first revision: {_count(new.routes, 'route')}, {_count(new.services, 'service')}"]
    of_all = (_settings(old, new), plan_changes(old, new), watched_changes(old, new))
    return [*chain(*of_all), *_services(old, new), *_routes(old, new), *route_log_changes(old, new)]


def _count(things: tuple[object, ...], noun: str) -> str:
    return f"{len(things)} {noun}" + ("" if len(things) == 1 else "s")


def _settings(old: RoutingPlan, new: RoutingPlan) -> Iterator[str]:
    for name, before, after in (("listen", old.listen, new.listen), ("admin", old.admin, new.admin)):
        if before != after:
            yield f"{name} {before} -> {after}"
    yield from (f"limits.{change}" for change in _inside(old.limits, new.limits))
    yield from admin_changes(old.admin_settings, new.admin_settings)
    yield from _tls(old.tls, new.tls)


def _tls(old: Tls | None, new: Tls | None) -> Iterator[str]:
    if old is None and new is not None:
        yield f"tls listener added ({new.listen})"
    elif old is not None and new is None:
        yield f"tls listener removed ({old.listen})"
    elif old is not None and new is not None:
        yield from (f"tls.{change}" for change in _inside(old, new))


def _inside(old: Any, new: Any, within: str = "") -> Iterator[str]:
    """Yield what differs between two settings of one kind, each by its key in the file."""
    for name in (field.name for field in fields(old)):
        before, after = _unless_off(getattr(old, name)), _unless_off(getattr(new, name))
        called = f"{within}{_KEYS.get(name, name)}"
        if before == after:
            continue
        nested = [value for value in (before, after) if is_dataclass(value)]
        if len(nested) == 2:
            yield from _inside(before, after, f"{called}.")
        elif nested and name in _CAN_BE_OFF:
            yield f"{called} {'on -> off' if after is None else 'off -> on'}"
        elif nested:
            yield f"{called} {'removed' if after is None else 'added'}"
        else:
            yield f"{called} {_value(name, before)} -> {_value(name, after)}"


def _unless_off(value: Any) -> Any:
    """Return None for the outliers that the file calls `off`, as it is for the other parts."""
    return None if isinstance(value, Outliers) and not value.failures else value


def _value(name: str, value: Any) -> str:
    """Return one setting as the file has it; floats that are no percentages are seconds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):  # of certificates
        return ", ".join(f"{item.cert} ({item.key})" for item in value)
    if isinstance(value, float):
        if name in _NONE_AT_ZERO and not value:
            return "none"
        return f"{value:g} %" if name in _PERCENT else shown_duration(value, days=name == "hsts")
    return shown_size(value) if name in _SIZES else str(value) or "none"


def _services(old: RoutingPlan, new: RoutingPlan) -> Iterator[str]:
    before = {service.name: service for service in old.services}
    after = {service.name: service for service in new.services}
    for name, service in after.items():
        if name not in before:
            yield f"service {name} added ({_where(service)})"
        else:
            yield from (f"service {name}: {change}" for change in _service(before[name], service))
    yield from (f"service {name} removed" for name in before if name not in after)


def _service(old: Service, new: Service) -> Iterator[str]:
    if _where(old) != _where(new):
        yield f"{_where(old)} -> {_where(new)}"
    yield from _inside(old.traffic, new.traffic)


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
    yield from _inside(old.timeouts, new.timeouts, "timeouts.")
    yield from _inside(old.failing, new.failing)
    if old.rate_limit != new.rate_limit:
        yield f"rate_limit {_rate(old.rate_limit)} -> {_rate(new.rate_limit)}"
    if old.auth != new.auth:
        yield f"auth {_auth(old.auth)} -> {_auth(new.auth)}"
    if old.try_page != new.try_page:
        yield f"try_page {_value('', old.try_page)} -> {_value('', new.try_page)}"
    yield from rollout_changes(old, new)


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


def _auth(auth: ClientAuth | None) -> str:
    if auth is None:
        return "none"
    return f"{auth.keys} in {auth.header}" + (", forwarded" if auth.forward else "")


def _rate(limit: RateLimit | None) -> str:
    if limit is None:
        return "none"
    unit = {1.0: "/s", 60.0: "/m", 3600.0: "/h"}.get(limit.per) or f" per {shown_duration(limit.per)}"
    burst = "" if limit.burst == limit.requests else f", burst {limit.burst}"
    return f"{limit.requests}{unit}{burst}" + (f", by {_sticky(limit.by)}" if limit.by else "")
