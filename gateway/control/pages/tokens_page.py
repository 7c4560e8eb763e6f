"""The page of tokens: who may come in, until when, and when they last did; changes go through the API."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.control.access.login import access_of
from gateway.control.access.roles import ROLES
from gateway.control.access.token_api import told
from gateway.control.access.tokens import Token, is_person
from gateway.control.pages.desk import Desk
from gateway.control.pages.page import Page
from gateway.control.readings import live_plan

LIVES = (
    (86_400, "1 day"),
    (7 * 86_400, "7 days"),
    (30 * 86_400, "30 days"),
    (90 * 86_400, "90 days"),
    (365 * 86_400, "1 year"),
)
USUAL_LIFE = 30 * 86_400


def pages(desk: Desk) -> list[Page]:
    """Return the page of tokens."""

    async def tokens(request: Request) -> Response:
        access = access_of(request)
        found = await asyncio.to_thread(access.tokens.all)
        logged_in = await asyncio.to_thread(access.sessions.people)
        plan = await asyncio.to_thread(live_plan, desk.places)
        now = access.clock()
        values = {
            "tokens": [shown(token, now) for token in found],
            "people": people(found, logged_in, now),
            "routes": [route.name for route in plan.routes],
            "roles": ROLES,
            "lives": LIVES,
            "usual_life": USUAL_LIFE,
        }
        return desk.page(request, "tokens.html", values, title="Tokens")

    return [Page("/tokens", tokens, role="admin", is_whole=True)]


def people(tokens: list[Token], logged_in: list[str], now: float) -> list[dict[str, Any]]:
    """Return whoever of the identity provider has a session or made tokens that hold, each with these."""
    made: dict[str, list[str]] = {name: [] for name in logged_in}
    for token in tokens:
        if is_person(token.created_by) and token.is_in_force(now):
            made.setdefault(token.created_by, []).append(token.name)
    return [
        {"name": name, "is_logged_in": name in logged_in, "tokens": sorted(names)}
        for name, names in sorted(made.items())
    ]


def shown(token: Token, now: float) -> dict[str, Any]:
    """Return a token as the page shows it: times to the minute, and one word for whether it holds."""
    found = told(token, now)
    for name in ("created", "expires", "revoked", "last_used"):
        if found[name] is not None:
            found[name] = found[name][:16].replace("T", " ") + " UTC"
    state = "in force" if found["in_force"] else "revoked" if token.revoked is not None else "expired"
    return {**found, "state": state}
