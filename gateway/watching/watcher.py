"""Keeps watch: takes in what is new in the log, looks at it when a bucket is full, tells what has changed.

`tick` may be called every second; it does nothing until something is due, and never much longer than its
budget: what is left is done by the next one. Everything is in the database before the next step begins, so a
keeper that is killed goes on where it was.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gateway.requestlog.recorder_report import read_report
from gateway.routing.journal import in_one_piece
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.rollouts import Notify
from gateway.watching import clocks, evaluate, notices, retention, silences, store
from gateway.watching.evaluate import Look
from gateway.watching.harvests import GATEWAY, GATEWAY_EVERY, READ, SECOND
from gateway.watching.horizon import Horizon
from gateway.watching.intake import Intake
from gateway.watching.notices import Notice
from gateway.watching.references import Models
from gateway.watching.resources import Sampler
from gateway.watching.store import Place
from gateway.watching.turned_back import take_back

log = logging.getLogger("gateway.watching")

BUDGET = 5.0
"""Seconds that a tick may take, but for the step it is in."""
OWN_TIME_EVERY = 2 * SECOND
"""How often routes are looked at whose predictions say themselves when they belong: replays may be fast."""
COARSEN_EVERY = 600.0

Tell = Callable[[tuple[Notify, ...], Mapping[str, Any]], None]
"""How people are told: the receivers of the plan, and the event."""
Live = Callable[[], RoutingPlan | None]
"""Returns the live plan, None before the first one."""


@dataclass(slots=True)
class Health:
    """How watching itself is doing; times in seconds. `problems` are routes that could not be counted."""

    last_run: float = 0.0
    behind: float = 0.0
    records: int = 0
    labels: int = 0
    looks: int = 0
    seconds: float = 0.0
    firing: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Idle:
    """What was found when nothing was due: until it changes the database need not be asked again."""

    plan: RoutingPlan
    upto: int
    now: float
    due: int

    def holds(self, plan: RoutingPlan, upto: int, now: float) -> bool:
        """Tell whether nothing is due still; not where the clock was put back, which may take back much."""
        return plan is self.plan and self.upto <= upto < self.due and self.now <= now


@dataclass(slots=True)
class Watcher:
    """Watches the routes of one gateway; `folder` is where paths of models begin."""

    places: Places
    folder: Path
    tell: Tell
    live: Live
    monotonic: Callable[[], float] = time.monotonic
    health: Health = field(default_factory=Health)
    _horizon: Horizon = field(default_factory=Horizon)
    _sampler: Sampler = field(default_factory=Sampler)
    _models: Models | None = None
    _coarsened: float = 0.0
    _is_behind: bool = False
    _idle: Idle | None = None

    def report(self) -> dict[str, Any]:
        """Return how watching itself is doing, for run/keeper.json."""
        return asdict(self.health)

    def tick(self, now: float) -> dict[str, Any]:
        """Do what is due `now` (seconds since 1970) and return the report.

        Whatever is raised, the next tick goes on where this one failed.
        """
        began = self.monotonic()
        upto = round(self._horizon.observe(read_report(self.places.recorder), now, began) * SECOND)
        plan = self.live()
        if plan is None or upto <= 0 or self._is_idle(plan, upto, now):
            return self.report()
        with store.opened(self.places.watch) as connection:
            take_back(connection, upto, now)
            due = self._due(plan, store.marks(connection))
            if self._is_behind or upto >= due:
                self._idle = None
                self._run(connection, plan, upto, now)
                self.health.seconds = self.monotonic() - began
            else:
                self._idle = Idle(plan, upto, now, due)
        return self.report()

    def _is_idle(self, plan: RoutingPlan, upto: int, now: float) -> bool:
        # Somebody may have moved a database away that was damaged: it is made anew at once.
        return self._idle is not None and self._idle.holds(plan, upto, now) and self.places.watch.exists()

    def _due(self, plan: RoutingPlan, marks: Mapping[str, int]) -> int:
        """Return the moment of the log from which there is something to do, in microseconds."""
        read = marks.get(READ, 0)
        every = {GATEWAY_EVERY}
        for route in plan.routes:
            if route.log is not None and route.monitor.groups:
                own = OWN_TIME_EVERY if route.monitor.time else round(route.monitor.every * SECOND)
                every.add(min(own, round(route.monitor.every * SECOND)))
        return min((read // length + 1) * length for length in every)

    def _run(self, connection: sqlite3.Connection, plan: RoutingPlan, upto: int, now: float) -> None:
        until = self.monotonic() + BUDGET
        models = self._models = self._models or Models(self.folder)
        self._sample(connection, plan, upto)
        intake = Intake(self.places, plan, models, connection)
        taken = intake.take(upto, lambda: self.monotonic() > until)
        looks = self._look(Look(connection, plan), until)
        self._is_behind = self.monotonic() > until
        evaluate.forget_gone(connection, plan)
        self._notify(connection, plan, now)
        self._coarsen(connection, now)
        self.health.last_run = now
        self.health.behind = max(upto - store.marks(connection).get(READ, upto), 0) / SECOND
        self.health.records += taken.records
        self.health.labels += taken.labels
        self.health.problems = tuple(sorted(taken.problems))
        self.health.looks += looks

    def _sample(self, connection: sqlite3.Connection, plan: RoutingPlan, upto: int) -> None:
        if not any("software" in route.monitor.groups for route in plan.routes):
            return
        found = self._sampler.sample(self.places.processes, self.monotonic())
        start = upto // GATEWAY_EVERY * GATEWAY_EVERY
        with in_one_piece(connection):
            store.add(
                connection,
                {
                    Place("resources", GATEWAY, service, "", start, GATEWAY_EVERY): used
                    for service, used in found.items()
                },
            )

    def _look(self, at: Look, until: float) -> int:
        looks = 0
        marks = store.marks(at.connection)
        for clock in clocks.clocks(at.plan, marks):
            begin = clocks.begin_of(at.connection, clock.route, clock.upto)
            for moment in clock.due(marks, begin):
                if self.monotonic() > until:
                    return looks
                evaluate.look(at, clock, moment)
                looks += 1
        return looks

    def _notify(self, connection: sqlite3.Connection, plan: RoutingPlan, now: float) -> None:
        alerts = evaluate.load(connection).values()
        self.health.firing = sum(alert.state == "firing" for alert in alerts)
        known = {
            (key[0], key[1]): Notice(body["at"], tuple((it[0], it[1]) for it in body["members"]))
            for key, body in store.states(connection, "notice").items()
        }
        for key, notice, event in notices.due(alerts, known, silences.in_force(connection, now), now):
            if event is not None:
                level = logging.WARNING if event["state"] == "firing" else logging.INFO
                log.log(level, "alarm (%s) on route %s: %s", event["severity"], event["route"], event["why"])
                self.tell(plan.notify, event)
            body = None if notice is None else {"at": notice.at, "members": notice.members}
            store.set_states(connection, "notice", {key: body})

    def _coarsen(self, connection: sqlite3.Connection, now: float) -> None:
        if now - self._coarsened < COARSEN_EVERY:
            return
        self._coarsened = now
        newest = {
            (kind, route): at
            for kind, route, at in connection.execute(
                "SELECT kind, route, max(start) FROM summaries GROUP BY kind, route"
            )
        }
        for kind, route in retention.ages(connection):
            retention.coarsen(connection, kind, route, newest[kind, route])
        retention.forget_bases(connection)
