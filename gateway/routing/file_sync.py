"""Keeps routing.yaml and the journal saying the same: at a start, after a save, after any other change.

Nothing here is waited for before a change is live.
"""

from __future__ import annotations

from pathlib import Path

from gateway.errors import ConfigError, GatewayError, StaleRevision
from gateway.routing import journal
from gateway.routing.audited import note_failure
from gateway.routing.change import Request, commit, locked, take_up
from gateway.routing.complaint import complain, complaint, settle
from gateway.routing.file import read_plan, read_text
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import adopt
from gateway.routing.writing_back import TRIES, write_back_holding_lock


def begin(places: Places, request: Request, config: Path) -> RoutingPlan:
    """Bring the journal and the slot in line with routing.yaml at a start; return the live plan.

    The first start takes the file as revision 1. Later ones come back at the last revision, unless the file
    was edited meanwhile. A broken file stops only the very first start.
    """
    plan = take_up(places, request, config)
    follow_file(places, request, config)
    with journal.opened(places.journal) as connection:
        latest = journal.head(connection)
    return latest.plan if latest else plan


def follow_file(places: Places, request: Request, config: Path) -> bool:
    """Bring routing.yaml and the journal together; return whether the file made a new revision.

    A revision that the file does not say yet is written back first. Then, if the file says something the
    journal does not know, that becomes a revision. A broken file changes nothing and leaves a complaint.
    Raises GatewayError where others change routing all the time.
    """
    with locked(places.file_lock, then=f"{config.name} was not read, try again"):
        for _ in range(TRIES):
            write_back_holding_lock(places, config)
            try:
                return _take_edit(places, request, config)
            except StaleRevision:
                continue
    raise GatewayError(
        f"{config.name} was not taken: each of {TRIES} times routing was changed elsewhere; save it again"
    )


def _take_edit(places: Places, request: Request, config: Path) -> bool:
    with journal.opened(places.journal) as connection:
        head = journal.head(connection)
        if head is None:
            return False
        known = head.text if head.file == "written" else journal.last_written(connection)
    try:
        text = read_text(config)
        if text == known:
            if head.file == "written":
                settle(places)
            return False
        plan = read_plan(text, config)
    except ConfigError as error:
        if complaint(places) != {"kind": "refused", "message": str(error)}:  # it is told once
            note_failure(places, request, error)
        complain(places, "refused", str(error))
        return False
    except GatewayError as error:
        complain(places, "unreadable", str(error))
        return False
    expected = Request(request.action, request.author, request.reason, head.revision)
    _, changed = commit(places, expected, lambda latest: adopt(latest, plan), text=text, file="written")
    if not changed:
        with journal.opened(places.journal) as connection:
            journal.set_file(connection, head.revision, text, "written")
    settle(places)
    return changed


def write_back(places: Places, config: Path) -> None:
    """Bring routing.yaml to say what is live, its comments and layout kept.

    Raises GatewayError where others hold the file; what is live stays so, and waits for it in the journal.
    """
    with locked(places.file_lock, then=f"{config.name} is written as soon as it lets go"):
        write_back_holding_lock(places, config)
