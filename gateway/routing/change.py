"""The one way in for every change: journal it, publish it; then routing.yaml follows (`file_sync.py`).

The order is the promise. What was acknowledged is on the disk before any worker acts on it, and the file is
brought to say what is live last, because nothing waits for a file. Every step can be taken by any process
(the control process, the command line, a fresh start after a kill -9), and each picks up where another was
stopped.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import ChangeRefused, GatewayError, StaleRevision
from gateway.files import Busy, held
from gateway.routing import journal
from gateway.routing.file import read_plan, read_text
from gateway.routing.journal import FileState, Revision
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import adopt, says_the_same, succeed
from gateway.routing.slot import publish
from gateway.routing.writing_back import text_for

LOCK_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants a change and why; `expected` is the revision it was based on, if that matters."""

    action: str
    author: str
    reason: str = ""
    expected: int | None = None


@contextmanager
def locked(
    path: Path, timeout: float = LOCK_TIMEOUT, then: str = "nothing was changed, try again"
) -> Iterator[None]:
    """Hold a lock file; a process that dies lets go of it.

    Raises GatewayError after `timeout` seconds; `then` ends its sentence.
    """
    with ExitStack() as holding:
        try:
            holding.enter_context(held(path, timeout))
        except Busy as error:
            raise GatewayError(f"{error} that changes routing; {then}") from None
        yield


def commit(
    places: Places,
    request: Request,
    change: Callable[[RoutingPlan], RoutingPlan],
    *,
    text: str | None = None,
    file: FileState = "pending",
    also: Callable[[sqlite3.Connection, int], None] | None = None,
    live: Callable[[], None] = lambda: None,
) -> tuple[RoutingPlan, bool]:
    """Journal and publish a change; return the live plan and whether it is a new revision.

    `change` gets the latest plan (it raises ChangeRefused to refuse). A change that changes nothing makes no
    revision, unless it brings another `text` to write. Raises StaleRevision where `request.expected` is no
    longer the latest. `also` is journalled in one piece with the new revision, whose number it gets. `live`
    is called once it is published, before the trail is written; who is killed in between has left a revision
    in the journal, from which the trail is completed.
    """
    try:
        before, plan = _commit(places, request, change, text, file, also)
    except Exception as error:
        _note_failure(places, request, error)
        raise
    live()
    if before is not plan:
        _note(places, request, before, plan)
    return plan, before is not plan


def _note(places: Places, request: Request, before: RoutingPlan | None, plan: RoutingPlan) -> None:
    from gateway.routing.audited import note_revision  # here: nothing that is published waits for it

    note_revision(places, request, before, plan)


def _note_failure(places: Places, request: Request, error: Exception) -> None:
    from gateway.routing.audited import note_failure

    note_failure(places, request, error)


def _commit(
    places: Places,
    request: Request,
    change: Callable[[RoutingPlan], RoutingPlan],
    text: str | None,
    file: FileState,
    also: Callable[[sqlite3.Connection, int], None] | None,
) -> tuple[RoutingPlan, RoutingPlan]:
    """Return the plan before and the live one, which are the same object where nothing was changed."""
    if not (request.reason.isprintable() and request.author.isprintable()):
        raise ChangeRefused("a reason must be one line of visible characters; nothing was changed")
    with locked(places.change_lock), journal.opened(places.journal) as connection:
        head = journal.head(connection)
        if head is None:
            raise ChangeRefused("nothing has been started here yet; run: gateway up")
        if request.expected is not None and request.expected != head.revision:
            raise StaleRevision(
                f"revision {request.expected} is not the latest one; it is {head.revision} now"
            )
        wanted = change(head.plan)
        new_text = file == "pending" and text is not None and text != head.text
        changed = new_text or not says_the_same(wanted, head.plan)
        plan = _append(connection, request, head.plan, wanted, text, file, also) if changed else head.plan
        if places.run.is_dir():  # else nothing is running, and the next start publishes it
            publish(places, plan)
        return head.plan, plan


def take_up(places: Places, request: Request, config: Path) -> RoutingPlan:
    """Publish the latest revision and return it; where there is none yet, routing.yaml becomes revision 1."""
    with locked(places.change_lock), journal.opened(places.journal) as connection:
        head = journal.head(connection)
        if head is None:
            text = read_text(config)
            plan = _append(connection, request, None, read_plan(text, config), text, "written")
        else:
            plan = head.plan
        publish(places, plan)
    if head is None:
        _note(places, request, None, plan)
    return plan


def republish(places: Places) -> None:
    """Publish the latest revision once more, where what was published is lost."""
    with locked(places.change_lock), journal.opened(places.journal) as connection:
        head = journal.head(connection)
        if head is not None:
            publish(places, head.plan)


def _append(
    connection: sqlite3.Connection,
    request: Request,
    head: RoutingPlan | None,
    wanted: RoutingPlan,
    text: str | None,
    file: FileState,
    also: Callable[[sqlite3.Connection, int], None] | None = None,
) -> RoutingPlan:
    plan = succeed(head, wanted)
    entry = Revision(
        plan.revision, time.time(), request.author, request.reason, request.action, plan, text, file
    )
    with journal.in_one_piece(connection):
        journal.append(connection, entry)
        if also is not None:
            also(connection, plan.revision)
    return plan


def restore(
    places: Places, request: Request, revision: int, live: Callable[[], None] = lambda: None
) -> tuple[RoutingPlan, bool]:
    """Make an earlier revision the latest one; raises ChangeRefused where it is not kept.

    `live` is as in `commit`.
    """
    with journal.opened(places.journal) as connection:
        found = journal.find(connection, revision)
        if found is None:
            refused = ChangeRefused(f"there is no revision {revision}; see: gateway history")
            _note_failure(places, request, refused)
            raise refused
        earlier = found.text or journal.text_before(connection, revision)
        text = text_for(found, earlier) if earlier is not None else None
    return commit(places, request, lambda head: adopt(head, found.plan), text=text, live=live)
