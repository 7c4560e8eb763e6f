"""The log's account of routing: one line for each new revision, one for each problem of a refused save."""

from __future__ import annotations

import logging
from itertools import pairwise

from gateway.routing import journal
from gateway.routing.complaint import complaint as complaint_of
from gateway.routing.difference import difference
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan

log = logging.getLogger("gateway.routing")

TOLD_AT_ONCE = 20


class Teller:
    """Remembers what it has told. Revisions from before it was made are not told again."""

    def __init__(self, places: Places, file: str) -> None:
        self._places = places
        self._file = file
        self._revision = self._latest_number()
        self._complaint: dict[str, str] | None = None

    def _latest_number(self) -> int:
        with journal.opened(self._places.journal) as connection:
            standing = journal.standing(connection)
        return standing.revision if standing else 0

    def tell(self, *, after_save: bool = False) -> None:
        """Log what is new. The same complaint is told again only after another save."""
        self._tell_revisions()
        complaint = complaint_of(self._places)
        if complaint is not None and (after_save or complaint != self._complaint):
            for line in complaint_lines(complaint, self._file, self._revision):
                log.error("%s", line)
        if complaint is None and self._complaint is not None:
            log.info("%s says what is live again (revision %d)", self._file, self._revision)
        self._complaint = complaint

    def _tell_revisions(self) -> None:
        new = self._latest_number() - self._revision
        if new <= 0:
            return
        if new > TOLD_AT_ONCE:
            log.info("%d revisions before these are not told here; see: gateway history", new - TOLD_AT_ONCE)
        with journal.opened(self._places.journal) as connection:
            newest = journal.latest(connection, min(new, TOLD_AT_ONCE) + 1)
        for before, entry in pairwise(reversed(newest)):
            log.info("%s", revision_line(entry, before, self._file))
        self._revision = newest[0].revision


def revision_line(entry: Revision, before: Revision, file: str) -> str:
    """Return one line: which revision, whose, why, and what it changed."""
    source = file if entry.author == "file" else f"{entry.action} by {entry.author}"
    reason = f" ({entry.reason})" if entry.reason else ""
    changes = difference(before.plan, entry.plan)
    restart = ""
    if _addresses(before.plan) != _addresses(entry.plan):
        restart = "; another address to listen on takes effect with `gateway reload`"
    elif before.plan.admin_settings != entry.plan.admin_settings:
        restart = "; `admin` is not in force before `gateway reload`"
    elif before.plan.log.buffer != entry.plan.log.buffer:
        restart = "; another `log.buffer` takes effect with `gateway reload`"
    return f"revision {entry.revision}, {source}{reason}: {'; '.join(changes) or 'no difference'}{restart}"


def _addresses(plan: RoutingPlan) -> tuple[str, str, str, str]:
    return plan.listen, plan.admin, plan.tls.listen if plan.tls else "", plan.preview


def complaint_lines(complaint: dict[str, str], file: str, revision: int) -> list[str]:
    """Return one line for each problem that keeps routing.yaml from being what is live."""
    if complaint["kind"] == "unwritable":
        return [complaint["message"]]
    return [
        f"{file} was not taken, revision {revision} stays live: {problem}"
        for problem in complaint["message"].splitlines()
    ]
