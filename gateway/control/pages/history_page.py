"""History: every revision with who, why and what, every rollout with its outcome, and the way back."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.control.access.roles import Role, principal_of
from gateway.control.bodies import check_known
from gateway.control.changes import without_division
from gateway.control.pages.allowed import refused
from gateway.control.pages.desk import Desk
from gateway.control.pages.history_view import FILES, going_back, rollouts_in, unjudged
from gateway.control.pages.page import Page
from gateway.control.problems import Refusal
from gateway.control.readings import entries
from gateway.errors import GatewayError
from gateway.routing import journal
from gateway.routing.places import Places

SHOWN = 50
LOOKED_AT = 300
"""Revisions in which rollouts are looked for, the latest."""
LONGEST = 12
"""Digits of a revision, at most."""


def pages(desk: Desk) -> list[Page]:
    """Return the list of revisions, and the page of each."""
    room = HistoryPage(desk)
    return [Page("/history", room.listed), Page("/history/{revision}", room.one)]


class HistoryPage:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def listed(self, request: Request) -> Response:
        """Answer revisions, newest first, from `?before=` on; the first page has the rollouts too."""
        check_known(request.query_params, ["before"], "query parameter")
        given = request.query_params.get("before")
        before = None if given is None else _number(given)
        values = await asyncio.to_thread(listing, self._desk.places, before)
        return self._desk.page(request, "history.html", values, title="History")

    async def one(self, request: Request) -> Response:
        """Answer one revision, and what going back to it would change."""
        revision = _number(request.path_params["revision"])
        values = await asyncio.to_thread(revision_of, self._desk.places, revision)
        role: Role = "admin" if values.pop("needs_admin") else "operator"
        values["refused"] = refused(principal_of(request.scope), None, role)
        return self._desk.page(request, "revision.html", values, title=f"Revision {revision}")


def listing(places: Places, before: int | None) -> dict[str, Any]:
    """Return a page of revisions; `before` is the number that all of them are below, None for the latest."""
    with journal.opened(places.journal) as connection:
        head = journal.head(connection)
        count = LOOKED_AT if before is None else SHOWN + 1
        found = journal.latest(connection, count, before)
    shown = list(entries(found[: SHOWN + 1]))[:SHOWN]
    return {
        "revisions": shown,
        "files": FILES,
        "live": head.revision if head else 0,
        "older": shown[-1]["revision"] if len(found) > SHOWN else None,
        "is_first": before is None,
        "rollouts": rollouts_in(found) if before is None else [],
    }


def revision_of(places: Places, revision: int) -> dict[str, Any]:
    """Return one revision with what going back to it would change; raises Refusal (404)."""
    with journal.opened(places.journal) as connection:
        head, found = journal.head(connection), journal.find(connection, revision)
        before = journal.find(connection, revision - 1)
    if head is None:
        raise GatewayError("nothing has been started here yet; run: gateway up")
    if found is None:
        raise Refusal(404, f"there is no revision {revision}, or it is no longer kept; see /history")
    return {
        "entry": next(iter(entries([found] if before is None else [found, before]))),
        "files": FILES,
        "live": head.revision,
        "is_live": found.revision == head.revision,
        "changes": going_back(head.plan, found.plan),
        "needs_admin": without_division(head.plan) != without_division(found.plan),
        "unjudged": unjudged(head.plan, found.plan),
        "rolling": [route.name for route in head.plan.routes if route.progress and route.progress.is_active],
    }


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= LONGEST and int(text) > 0:
        return int(text)
    raise Refusal(404, f"{text[:40]} is no revision; revisions are whole numbers, see /history")
