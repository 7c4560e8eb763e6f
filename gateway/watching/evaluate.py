"""One look at a moment: signals of the window that ends then, alerts moved by them, all kept in one piece."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.routing.journal import in_one_piece
from gateway.routing.plan import RoutingPlan
from gateway.routing.watches import SIGNALS, AlertRule
from gateway.watching import decays, proof, store
from gateway.watching.alerts import (
    Alert,
    Key,
    concerns,
    ended,
    from_document,
    is_worth_keeping,
    looked_at,
    moved,
    to_document,
)
from gateway.watching.clocks import Clock
from gateway.watching.harvests import GATEWAY, SECOND
from gateway.watching.signals import Signal
from gateway.watching.subject import Of
from gateway.watching.windows import Bases, Sight, Window, bases, gateway_signals, model_of, signals_of


@dataclass(frozen=True, slots=True)
class Look:
    """What a look needs."""

    connection: sqlite3.Connection
    plan: RoutingPlan


def look(at: Look, clock: Clock, moment: int) -> None:
    """Look at one moment of a clock and keep what comes of it."""
    sight = sight_of(at, moment)
    window = Window(moment - clock.window, moment)
    signals = signals_at(sight, clock, window)
    known = load(at.connection)
    changed: dict[Key, Alert] = {}
    for rule in at.plan.alerts:
        if not concerns(rule, clock.route) or not _is_of(rule, clock):
            continue
        for alert, signal in looked_at(rule, clock.route, signals, known):
            changed[alert.key] = _after(at, clock, rule, alert, signal, window, sight)
    with in_one_piece(at.connection):
        keep(at.connection, changed, moment / SECOND)
        store.set_marks(at.connection, {clock.mark: moment})
        if "quality" in clock.groups:
            decays.forget(at.connection, clock.route, moment)


def sight_of(at: Look, moment: int) -> Sight:
    """Return what signals of a moment (µs) are read with; of decay, what live models were judged by then."""
    live = {
        (route, version): verdict
        for (route, version, model), verdict in decays.verdicts(at.connection, moment)
        if model_of(at.plan, version) == model
    }
    return Sight(at.connection, at.plan, live)


def _is_of(rule: AlertRule, clock: Clock) -> bool:
    if clock.route == GATEWAY:
        return rule.signal == "dropped"
    return SIGNALS[rule.signal][0] in clock.groups and rule.signal != "dropped"


def signals_at(sight: Sight, clock: Clock, window: Window) -> dict[tuple[str, str, str], Signal]:
    """Return the signals of a clock in a window, by name, version and field."""
    route = sight.plan.route(clock.route)
    if route is None:
        return gateway_signals(sight, window)
    return signals_of(sight, route, window, clock.groups)


def _after(
    at: Look, clock: Clock, rule: AlertRule, alert: Alert, signal: Signal | None, window: Window, sight: Sight
) -> Alert:
    after = moved(rule, alert, signal, window.end / SECOND)
    if after.course.is_blind or after.state not in ("pending", "firing"):
        return after
    if not alert.course.since or alert.course.since != after.course.since:
        after = replace(after, before=_value_before(sight, clock, after, window))
    return replace(
        after,
        start=window.start / SECOND,
        end=window.end / SECOND,
        query=proof.query(subject(at, clock.route, after, window)),
    )


def _value_before(sight: Sight, clock: Clock, alert: Alert, window: Window) -> float | None:
    before = signals_at(sight, clock, window.before)
    found = before.get((alert.signal, alert.version, alert.field))
    return None if found is None or alert.signal == "decay" else found.value


def subject(at: Look, route_name: str, of: Alert | Signal, window: Window, known: Bases | None = None) -> Of:
    """Return what the query of an alert or a signal is about; `known`: the route's bases, if at hand."""
    name = of.signal if isinstance(of, Alert) else of.name
    route = at.plan.route(route_name)
    if route is None or route.log is None:
        return Of(name, route_name, of.version, of.field, window)
    basis = (bases(at.connection, route_name) if known is None else known).get(of.version)
    found = Of(
        name,
        route_name,
        of.version,
        of.field,
        window,
        round(route.monitor.every * SECOND),
        model_of(at.plan, of.version),
        route.monitor.time,
        labels=route.log.labels,
    )
    if basis is not None:
        found = replace(found, basis=basis[1])
    first = found.basis.outputs[0].name if found.basis.outputs else ""
    output = route.log.labels.output or first
    is_input = any(binning.name == output for binning in found.basis.inputs)
    return replace(found, output=f"{output}_out" if is_input else output)


def load(connection: sqlite3.Connection) -> dict[Key, Alert]:
    """Return every alert that is remembered."""
    found = map(from_document, store.states(connection, "alert").values())
    return {alert.key: alert for alert in found}


def keep(connection: sqlite3.Connection, alerts: Mapping[Key, Alert], at: float) -> None:
    """Remember alerts as they stand `at` a moment; those with nothing to remember are forgotten."""
    documents: dict[tuple[str, ...], Any] = {
        key: to_document(alert) if is_worth_keeping(alert, at) else None for key, alert in alerts.items()
    }
    store.set_states(connection, "alert", documents)


def forget_gone(connection: sqlite3.Connection, plan: RoutingPlan) -> None:
    """Forget alerts whose rule, route or version is not in the plan any more, and end those without data of a
    version that gets no requests any more: nothing else ever would."""
    rules = {rule.name for rule in plan.alerts}
    changed: dict[tuple[str, ...], Any] = {}
    for key, alert in load(connection).items():
        if alert.rule not in rules or (alert.route and alert.version not in _versions(plan, alert.route)):
            changed[key] = None
        elif _is_left_behind(plan, alert):
            changed[key] = to_document(ended(alert)) if alert.state == "firing" else None
    if changed:
        with in_one_piece(connection):
            store.set_states(connection, "alert", changed)


def _is_left_behind(plan: RoutingPlan, alert: Alert) -> bool:
    is_waiting = alert.course.is_blind and alert.state in ("pending", "firing")
    return is_waiting and bool(alert.route) and alert.version not in _versions(plan, alert.route, least=1)


def _versions(plan: RoutingPlan, name: str, least: int = 0) -> set[str]:
    """Return the versions of a route with that weight at least, or an override."""
    route = plan.route(name)
    if route is None:
        return set()
    weighed = (service for service, units in route.weights if units >= least)
    return {"", *weighed, *(override.to for override in route.overrides)}
