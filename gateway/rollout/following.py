"""Follows the journal from revision to revision, so that whatever happens to a rollout is noticed once.

How far it has come is remembered in a file beside the journal: what an earlier control process told is not
told again, and what happened while none was running still is.
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass
from itertools import pairwise

from gateway.files import replace_file
from gateway.rollout.transitions import Transition, transitions
from gateway.routing import journal
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan

log = logging.getLogger("gateway.rollout")

FOLLOWED_AT_ONCE = 200
"""Revisions looked at; of more than that nobody wants to be told one by one."""


@dataclass(frozen=True, slots=True)
class News:
    """The latest plan, and what led to it: each transition with the revision that made it."""

    plan: RoutingPlan
    transitions: tuple[tuple[Revision, Transition], ...]


class Follower:
    """`plan` is the latest one that was remembered, None before."""

    def __init__(self, places: Places) -> None:
        self._path = places.state / "rollouts.told"
        self._is_lost = False
        self.plan: RoutingPlan | None = None

    def look(self, connection: sqlite3.Connection) -> News | None:
        """Return what happened since what was remembered last, or None; raises sqlite3.Error."""
        (latest,) = connection.execute("SELECT max(revision) FROM revisions").fetchone()
        if latest is None or (self.plan is not None and latest == self.plan.revision):
            return None
        since = min(self._remembered(latest), latest)
        if latest - since > FOLLOWED_AT_ONCE:
            log.warning("of revisions %d to %d nobody is told", since + 1, latest - FOLLOWED_AT_ONCE)
        newest = journal.latest(connection, min(latest - since, FOLLOWED_AT_ONCE) + 1)
        return News(newest[0].plan, tuple(_transitions(newest)))

    def remember(self, news: News) -> None:
        """Never return the same again, whoever dies."""
        self.plan = news.plan
        try:
            replace_file(self._path, b"%d\n" % news.plan.revision)
            self._is_lost = False
        except OSError as error:
            if not self._is_lost:
                log.error("%s: %s; after a restart the same will be told again", self._path, error.strerror)
            self._is_lost = True

    def _remembered(self, latest: int) -> int:
        if self.plan is not None:
            return self.plan.revision
        try:
            return int(self._path.read_bytes())
        except (OSError, ValueError):
            return latest  # nobody was told of anything here yet: what is past is no news


def _transitions(newest_first: list[Revision]) -> list[tuple[Revision, Transition]]:
    return [
        (entry, transition)
        for before, entry in pairwise(reversed(newest_first))
        for transition in transitions(before.plan, entry.plan, entry.action)
    ]
