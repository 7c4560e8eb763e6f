"""Moves rollouts: once a second it reads what the workers counted, has it judged, decides, and publishes.

It runs beside the admin API and may be killed at any moment. Where a rollout stands is in the journal, so the
next one goes on from there; while there is none, nothing moves.
"""

from __future__ import annotations

import fcntl
import json
import logging
import sqlite3
import threading
import time
from typing import Any

from gateway.files import replace_file
from gateway.rollout import moves
from gateway.rollout.course import Course
from gateway.rollout.courses import Courses
from gateway.rollout.following import Follower
from gateway.rollout.ports import Ports
from gateway.rollout.thresholds import thresholds
from gateway.rollout.transitions import told
from gateway.rollout.trouble import Troubles
from gateway.rollout.turn import AUTHOR, Considered, Overtaken, carry_out, consider, move
from gateway.routing import journal
from gateway.routing.change import Request
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.rollouts import Progress

log = logging.getLogger("gateway.rollout")

TICK = 1.0
LEFTOVERS_EVERY = 60.0
FILE = "rollouts.json"
"""What is known of rollouts at this moment, for `status`; it lives as long as the processes do."""


class Controller:
    """`run` is its thread's work; `stop` may be called from any other."""

    def __init__(self, places: Places, ports: Ports) -> None:
        self._places = places
        self._ports = ports
        self._follower = Follower(places)
        self._courses = Courses(places, ports)
        self._troubles = Troubles()
        self._stopping = threading.Event()
        self._leftovers_at = 0.0

    def stop(self) -> None:
        """Let `run` return."""
        self._stopping.set()

    def run(self) -> None:
        """Tick until stopped, as the only one to do so: the next control process waits for the lock."""
        with (self._places.state / "rollouts.lock").open("a") as lock:
            while not self._stopping.is_set():
                began = time.monotonic()
                if _is_held(lock.fileno()):
                    self._tick_or_tell(began)
                self._stopping.wait(max(began + TICK - time.monotonic(), 0.0))
            with journal.opened(self._places.journal) as connection:
                self._courses.save(connection, time.monotonic())

    def _tick_or_tell(self, now: float) -> None:
        try:
            self.tick(now, time.time())
            self._troubles.settle("")
        except Exception as error:
            self._troubles.tell("", error)

    def tick(self, now: float, wall: float) -> None:
        """Look at every rollout once; `now` in monotonic seconds, `wall` in seconds since 1970."""
        shown: dict[str, Any] = {}
        with journal.opened(self._places.journal) as connection:
            if now >= self._leftovers_at:
                self._leftovers_at = now + LEFTOVERS_EVERY
                self._courses.take_leftovers(connection, now)
            self._follow(connection)
            plan = self._follower.plan
            for route in plan.routes if plan else ():
                try:
                    if (found := self._turn(connection, route, now, wall)) is not None:
                        shown[route.name] = found
                except Overtaken as error:
                    log.info("%s; it is looked at again", error)
                except Exception as error:
                    self._troubles.tell(route.name, error)
            self._follow(connection)
        active = active_rollouts(self._follower.plan)
        self._courses.close_those_over({rollout for _, rollout in active}, now)
        told = {"at": wall, "revision": plan.revision if plan else 0, "routes": shown}
        replace_file(self._places.run / FILE, json.dumps(told).encode())

    def _turn(
        self, connection: sqlite3.Connection, route: Route, now: float, wall: float
    ) -> dict[str, Any] | None:
        """Do what is due for one route; return what is shown of its rollout, None where none is active."""
        progress = route.progress
        if progress is None:
            return None
        if not progress.is_active:
            self._let_go(route, progress, wall)
            return None
        course = self._courses.of(connection, progress.id, now)
        course.tick(now)
        course.look(route, now)
        seen = consider(self._ports, route, progress, course, now, wall)
        self._act(connection, seen, course, now, wall)
        if seen.decision is None and not progress.thresholds:
            self._freeze_thresholds(route, progress, course)
        if course.trouble is not None:
            self._troubles.tell(route.name, course.trouble)
        else:
            self._troubles.settle(route.name)
        return seen.shown(course)

    def _act(
        self, connection: sqlite3.Connection, seen: Considered, course: Course, now: float, wall: float
    ) -> None:
        if seen.decision is not None:
            carry_out(self._places, self._ports, seen, course, wall)
            self._ports.wake()
            course.noted(seen.verdict, now)
        elif course.is_note_due(seen.verdict, now):
            assert self._follower.plan is not None
            with journal.in_one_piece(connection):
                course.save(self._ports, connection, now)
                decided = seen.decided(course, self._follower.plan.revision, wall)
                self._ports.store.append_decided(connection, decided)
            course.noted(seen.verdict, now)
        elif course.is_save_due(now):
            course.save(self._ports, connection, now)

    def _freeze_thresholds(self, route: Route, progress: Progress, course: Course) -> None:
        try:
            found = thresholds(self._places, route)
        except (OSError, ValueError) as error:
            course.trouble = error
            return
        if found:
            why = f"slow is what takes longer than {route.stable}'s quantiles: {', '.join(map(_ms, found))}"
            how = Request("thresholds", AUTHOR, why)
            move(self._places, how, route.name, progress, lambda p, r: moves.freeze_thresholds(p, r, found))

    def _let_go(self, route: Route, progress: Progress, wall: float) -> None:
        if progress.previous and wall >= progress.warm_until:
            how = Request("let-go", AUTHOR, f"the time to go back to {progress.previous} is over")
            move(self._places, how, route.name, progress, moves.let_go)
            self._ports.wake()

    def _follow(self, connection: sqlite3.Connection) -> None:
        """Take in what happened to rollouts, whoever did it, and tell those who want to know."""
        news = self._follower.look(connection)
        if news is None:
            return
        for _, transition in news.transitions:
            if transition.begins_leg:
                self._courses.begin_leg(connection, transition.progress.id)
        self._follower.remember(news)
        for entry, transition in news.transitions:
            event = told(transition, entry.revision, entry.at, entry.author)
            self._ports.notifier.tell(entry.plan.notify, event)
        active = active_rollouts(news.plan)
        self._ports.providers.forget(active)
        self._ports.hooks.forget(active)


def active_rollouts(plan: RoutingPlan | None) -> set[tuple[str, int]]:
    """Return the route and the id of every rollout under way."""
    routes = plan.routes if plan else ()
    return {(r.name, r.progress.id) for r in routes if r.progress and r.progress.is_active}


def _is_held(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ms(microseconds: int) -> str:
    return f"{microseconds / 1000:g} ms"
