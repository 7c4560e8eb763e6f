"""What people are shown: alerts with who silenced them, and every value with what it is compared with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.watches import GROUPS, SIGNALS
from gateway.watching import clocks, evaluate, proof, silences, store
from gateway.watching.alerts import Alert
from gateway.watching.clocks import Clock
from gateway.watching.evaluate import Look
from gateway.watching.harvests import GATEWAY, SECOND
from gateway.watching.notices import is_silenced, shown
from gateway.watching.sentences import time_of
from gateway.watching.signals import Signal
from gateway.watching.subject import Of
from gateway.watching.windows import Bases, Window, bases

_ORDER = {"firing": 0, "pending": 1, "resolved": 2, "inactive": 3}
_SIGNAL_ORDER = {name: number for number, name in enumerate(SIGNALS)}


def alerts(places: Places, now: float, *, everything: bool = False) -> dict[str, Any]:
    """Return the alerts that fire or are pending, with `everything` resolved ones too, and the silences."""
    if not places.watch.exists():
        return {"alerts": [], "silences": []}
    with store.opened(places.watch) as connection:
        quiet = silences.in_force(connection, now)
        found = sorted(evaluate.load(connection).values(), key=lambda it: (_ORDER[it.state], it.key))
        return {
            "alerts": [
                {**shown(it), "silenced": is_silenced(it, quiet, now)}
                for it in found
                if everything or it.state in ("firing", "pending")
            ],
            "silences": [
                {**asdict(it), "since": time_of(it.since), "until": time_of(it.until)} for it in quiet
            ],
        }


def monitor(
    places: Places,
    plan: RoutingPlan,
    route: str,
    version: str = "",
    proved: Callable[[Of], str] = proof.query,
) -> dict[str, Any]:
    """Return the latest values of a route, as of the last look; `version`: of that one alone.

    `at` is when that was, by the time of the predictions where they have their own. `proved` makes a value's
    `query` of what that is about.
    """
    empty: dict[str, Any] = {"route": route, "at": None, "window_seconds": 0.0, "values": []}
    if not places.watch.exists():
        return empty
    with store.opened(places.watch) as connection:
        found, shown_at, seconds = _latest(Look(connection, plan), route, proved)
    shown_values = [it for it in found if not version or it["version"] in ("", version)]
    if not shown_at:
        return empty
    return {
        "route": route,
        "at": time_of(shown_at / SECOND),
        "window_seconds": seconds,
        "values": sorted(shown_values, key=_place),
    }


def _latest(look: Look, route: str, proved: Callable[[Of], str]) -> tuple[list[dict[str, Any]], int, float]:
    """Return every value of a route and of the gateway, when the route's were looked at (0: never), and the
    seconds that they are of."""
    marks = store.marks(look.connection)
    found: list[dict[str, Any]] = []
    shown_at, seconds = 0, 0.0
    for clock in clocks.clocks(look.plan, marks):
        moment = marks.get(clock.mark)
        if clock.route not in (route, GATEWAY) or moment is None:
            continue
        if clock.route == route:  # the clock of its own time comes last, and most values are of that
            shown_at, seconds = moment, clock.window / SECOND
        found += _values(look, clock, moment, proved)
    return found, shown_at, seconds


def _place(value: dict[str, Any]) -> tuple[int, int, str, str]:
    return GROUPS.index(value["group"]), _SIGNAL_ORDER[value["signal"]], value["field"], value["version"]


def _values(at: Look, clock: Clock, moment: int, proved: Callable[[Of], str]) -> Iterator[dict[str, Any]]:
    sight = evaluate.sight_of(at, moment)
    window = Window(moment - clock.window, moment)
    now = evaluate.signals_at(sight, clock, window)
    before = evaluate.signals_at(sight, clock, window.before)
    basis = bases(at.connection, clock.route)
    alarms = _alarms(at.connection, clock.route)
    for key, signal in now.items():
        known = alarms.get(key)
        earlier = before.get(key)
        yield {
            "group": SIGNALS[signal.name][0],
            "signal": signal.name,
            "version": signal.version,
            "field": signal.field,
            "value": signal.value,
            "n": signal.n,
            "reference": signal.reference,
            "reference_of": _source(basis, signal),
            "before": earlier.value if earlier is not None and signal.name != "decay" else None,
            "distance": signal.distance,
            "state": known.state if known else "inactive",
            "since": time_of(known.course.since) if known and known.course.since else None,
            "unit": SIGNALS[signal.name][1],
            "query": proved(evaluate.subject(at, clock.route, signal, window, basis)),
        }


def _source(known: Bases, signal: Signal) -> str:
    """Return what the reference of a signal is from, empty where it has none."""
    if signal.reference is None or signal.version not in known:
        return ""
    return known[signal.version][1].source


def value_query(places: Places, plan: RoutingPlan, route: str, signal: Signal, window: Window) -> str:
    """Return the query that shows a value of a window; empty where the log does not have it."""
    if not places.watch.exists():
        return ""
    with store.opened(places.watch) as connection:
        return proof.query(evaluate.subject(Look(connection, plan), route, signal, window))


def _alarms(connection: sqlite3.Connection, route: str) -> dict[tuple[str, str, str], Alert]:
    """Return the worst alert of each signal of a route."""
    found = [alert for alert in evaluate.load(connection).values() if alert.route == route]
    ordered = sorted(found, key=lambda it: _ORDER[it.state], reverse=True)
    return {(it.signal, it.version, it.field): it for it in ordered if it.state in ("firing", "pending")}
