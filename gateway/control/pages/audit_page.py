"""The page of the audit trail: newest first, and above all whether it is genuine."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from gateway.control.authors import spoken
from gateway.control.bodies import check_known
from gateway.control.pages.desk import Desk
from gateway.control.pages.page import Page
from gateway.control.trail.api import LARGEST, number_of
from gateway.control.trail.entries import SHOWN, Verification, entries
from gateway.errors import GatewayError
from gateway.routing.places import Places

SUMMARY = "changes"
"""The value of an entry that says the others once more, in words."""
NO_TOKEN = "the token is none that is in force: mistyped, expired or revoked"  # noqa: S105 - no secret
KINDS = {"done": "good", "refused": "warn", "failed": "bad"}


def pages(desk: Desk) -> list[Page]:
    """Return the pages of this room."""
    verification = Verification(desk.places)

    async def audit(request: Request) -> Response:
        asked = request.query_params
        check_known(asked, ["before", "who", "what", "route"], "query parameter")
        before = number_of(asked, "before", LARGEST)
        words = {name: asked.get(name, "").strip() for name in ("who", "what", "route")}
        values = await asyncio.to_thread(_values, desk.places, verification, before, words)
        return desk.page(request, "audit.html", {**values, "kinds": KINDS}, title="Who did what")

    return [Page("/audit", audit, role="admin", is_whole=True)]


def _values(
    places: Places, verification: Verification, before: int | None, words: dict[str, str]
) -> dict[str, Any]:
    found = entries(places, SHOWN, before, **words)
    asked = {name: word for name, word in words.items() if word}
    older = ""
    if len(found) == SHOWN and found[-1]["n"] > 1:
        older = urlencode({**asked, "before": found[-1]["n"]})
    problem = ""
    verified: dict[str, Any] = {}
    try:
        verified = verification.latest()
    except (GatewayError, OSError) as error:
        problem = str(error)
    return {
        "entries": [{**entry, "changed": changed(entry), "detail": detail_of(entry)} for entry in found],
        "words": words,
        "before": before,
        "newest": urlencode(asked),
        "older": older,
        "verified": verified,
        "problem": problem,
    }


def changed(entry: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what an entry changed: the name of each value, what it was and what it is."""
    was, now = _flat(entry["before"]), _flat(entry["after"])
    found = [
        (name, was.get(name, "–"), now.get(name, "–"))
        for name in {**was, **now}
        if was.get(name) != now.get(name)
    ]
    single = [one for one in found if one[0] != SUMMARY]
    return single or found


def detail_of(entry: dict[str, Any]) -> str:
    """Return why it was refused or failed, in words also where the trail has the bare status."""
    detail: str = entry["detail"]
    status, _, why = detail.partition(":")
    if why.strip() or not status.isdigit():
        return spoken(detail)
    return NO_TOKEN if (entry["what"], status) == ("login", "401") else f"refused with status {status}"


def _flat(value: object, name: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        found: dict[str, str] = {}
        for key, inner in value.items():
            found |= _flat(inner, f"{name} {key}".strip().removeprefix("routes "))
        return found
    if value is None:
        return {}
    if isinstance(value, list | tuple):
        return {name: "; ".join(map(str, value))}
    return {name: f"{value:g}" if isinstance(value, float) else str(value)}
