"""The rollouts that the controller has in mind: taken up where they were left, let go after their end."""

from __future__ import annotations

import logging
import sqlite3

from gateway.errors import GatewayError
from gateway.rollout.course import Course
from gateway.rollout.ports import Ports
from gateway.routing.places import Places

log = logging.getLogger("gateway.rollout")


class Courses:
    """All of them, by the id of the rollout; `now` is in monotonic seconds."""

    def __init__(self, places: Places, ports: Ports) -> None:
        self._places = places
        self._ports = ports
        self._courses: dict[int, Course] = {}

    def of(self, connection: sqlite3.Connection, rollout: int, now: float) -> Course:
        """Return what is known of a rollout; the first time, what an earlier control process knew."""
        if rollout not in self._courses:
            self._courses[rollout] = Course.opened(self._ports, connection, self._places, rollout, now)
        return self._courses[rollout]

    def take_leftovers(self, connection: sqlite3.Connection, now: float) -> None:
        """Take up what workers wrote for rollouts that ended while nobody looked, so that it is removed."""
        for path in self._places.ledgers():
            try:
                self.of(connection, int(path.name.split("-")[1]), now)
            except GatewayError as error:
                log.error("%s; %s stays where it is", error, path)

    def begin_leg(self, connection: sqlite3.Connection, rollout: int) -> None:
        """Count the time in the step anew, also for a control process that comes after this one."""
        kept = self._ports.store.load_evidence(connection, rollout)
        if kept is not None:
            self._ports.store.save_evidence(connection, rollout, kept[0], 0.0)
        if rollout in self._courses:
            self._courses[rollout].elapsed = 0.0

    def close_those_over(self, active: set[int], now: float) -> None:
        """Forget rollouts some time after their end, and what was counted for them."""
        for rollout, course in list(self._courses.items()):
            if course.is_closed(rollout in active, now):
                del self._courses[rollout]

    def save(self, connection: sqlite3.Connection, now: float) -> None:
        """Keep what is known, so that the next control process loses no second of it."""
        for course in self._courses.values():
            course.save(self._ports, connection, now)
