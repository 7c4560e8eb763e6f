"""What the store has of a window, added up by version, and the signals in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.watches import SIGNALS, Group
from gateway.watching import signals, store
from gateway.watching.basis import Basis, from_json
from gateway.watching.decays import Verdict
from gateway.watching.harvests import GATEWAY, SECOND
from gateway.watching.signals import Signal
from gateway.watching.summary import Answers, Losses, Resources, Truths, total

FIELD_GROUPS: frozenset[Group] = frozenset({"inputs", "outputs", "quality"})
"""The groups that follow a route's own time where it has one."""


Bases: TypeAlias = dict[str, tuple[str, Basis]]
"""The bins that each version of a route is counted in, with their digest."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in microseconds since 1970: from `start` up to before `end`."""

    start: int
    end: int

    @property
    def before(self) -> Window:
        """The window of the same length that ends where this one starts."""
        return Window(2 * self.start - self.end, self.start)


@dataclass(frozen=True, slots=True)
class Sight:
    """What signals are read with: the database, the plan, and what is known of decay by route and version."""

    connection: sqlite3.Connection
    plan: RoutingPlan
    decays: Mapping[tuple[str, str], Verdict]


def signals_of(
    sight: Sight, route: Route, window: Window, groups: frozenset[Group]
) -> dict[tuple[str, str, str], Signal]:
    """Return a route's signals of these groups in a window, by name, version and field."""
    wanted = groups & set(route.monitor.groups)
    found = signals.by_key(_all(sight, route, window, wanted))
    return {key: signal for key, signal in found.items() if SIGNALS[signal.name][0] in wanted}


def gateway_signals(sight: Sight, window: Window) -> dict[tuple[str, str, str], Signal]:
    """Return what concerns all routes together."""
    found = store.window(sight.connection, "losses", GATEWAY, window.start, window.end)
    return signals.by_key(iter([signals.dropped(_total(Losses, found.get(("", ""), [])))]))


def bases(connection: sqlite3.Connection, route: str) -> Bases:
    """Return the bins that each version of a route is counted in, with their digest."""
    found = store.bases(connection, route)
    return {version: (digest, from_json(body)) for version, (digest, body) in found.items()}


def _all(sight: Sight, route: Route, window: Window, groups: frozenset[Group]) -> Iterator[Signal]:
    if "software" in groups:
        yield from _software(sight, route, window)
    if groups & FIELD_GROUPS:
        yield from _fields(sight, route, window)


def _software(sight: Sight, route: Route, window: Window) -> Iterator[Signal]:
    found = store.window(sight.connection, "answers", route.name, window.start, window.end)
    answers = {version: _total(Answers, rows) for (version, _), rows in found.items()}
    first = store.begin(sight.connection, "answers", route.name, window.start)
    if first is None or first >= window.end:
        return
    whole = total(Answers, answers.values())
    resources = store.window(sight.connection, "resources", GATEWAY, window.start, window.end)
    seconds = max(window.end - first, SECOND) / SECOND
    for version in ("", *(version for version in answers if version)):
        rows = resources.get((version, ""))
        used = _total(Resources, rows) if rows else None
        yield from signals.software(version, answers.get(version, Answers()), whole, seconds, used)


def _fields(sight: Sight, route: Route, window: Window) -> Iterator[Signal]:
    found = store.window(sight.connection, "predictions", route.name, window.start, window.end)
    told = store.window(sight.connection, "truths", route.name, window.start, window.end)
    counted: dict[str, int] = {}
    for (version, _), rows in found.items():
        counted[version] = counted.get(version, 0) + sum(of.n for _, of in rows)
    known = bases(sight.connection, route.name)
    for version, (digest, basis) in known.items():
        rows = found.get((version, digest), [])
        if rows:
            yield from signals.inputs(version, rows, basis)
            yield from signals.outputs(version, rows, basis)
    for version in sorted({*counted, *(version for version, _ in told), *_decaying(sight, route)}):
        truths = _total(Truths, told.get((version, model_of(sight.plan, version)), []))
        verdict = sight.decays.get((route.name, version))
        yield from signals.quality(version, truths, counted.get(version, 0), verdict)


def _decaying(sight: Sight, route: Route) -> Iterator[str]:
    return (version for name, version in sight.decays if name == route.name)


def model_of(plan: RoutingPlan, version: str) -> str:
    """Return the model folder of a version, empty where it runs elsewhere."""
    service = plan.service(version)
    return service.model if service else ""


def _total(kind: Any, rows: list[tuple[int, Any]]) -> Any:
    return total(kind, (summary for _, summary in rows))
