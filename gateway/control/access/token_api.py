"""The part of the admin API that is about tokens: who may come in, one more, one fewer."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.control.access.login import BAD_TOKEN, DONE, REFUSED, Access, access_of, source_of
from gateway.control.access.roles import Principal, principal_of
from gateway.control.access.token_models import NewToken, Person
from gateway.control.access.token_operations import ONE_TOKEN, PERSON, TOKENS
from gateway.control.access.tokens import Grant, Token, overreach
from gateway.control.bodies import read_body
from gateway.control.problems import Refusal
from gateway.control.readings import iso_time, live_plan
from gateway.control.replies import reply
from gateway.errors import ChangeRefused
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan

PERSON_EXAMPLE = '{"person": "user:ann@example.org"}'
EXAMPLE = '{"name": "ci", "role": "operator", "routes": ["late"], "seconds": 2592000}'


class TokenApi:
    """The endpoints of tokens; the store comes with each request, see `access_of`."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def routes(self) -> list[Route]:
        """Return every path there is."""
        return [
            Route(TOKENS, self.tokens, methods=["GET", "POST"]),
            Route(PERSON, self.revoke_person, methods=["POST"]),
            Route(ONE_TOKEN, self.revoke, methods=["DELETE"]),
        ]

    async def tokens(self, request: Request) -> Response:
        """Answer the tokens, or make one."""
        access = access_of(request)
        if request.method == "POST":
            body = await read_body(request, NewToken, EXAMPLE, required=True)
            return reply(await asyncio.to_thread(self._create, access, request, body))
        found = await asyncio.to_thread(access.tokens.all)
        return reply({"tokens": [told(token, access.clock()) for token in found]})

    def _create(self, access: Access, request: Request, body: NewToken) -> dict[str, Any]:
        maker, source = principal_of(request.scope), source_of(request.scope)
        assert maker is not None  # the door asks for a role
        now = access.clock()
        routes = None if body.routes is None else frozenset(body.routes)
        wish = Grant(body.role, routes, None if body.seconds is None else now + body.seconds)
        if why := overreach(wish, grant_of(maker, access)):
            access.on_event("create token", maker, source, body.name, REFUSED)
            raise Refusal(403, f"{why}; no token was made")
        check_routes(live_plan(self._places), routes)
        token, text = access.tokens.create(body.name, wish, maker.name, maker.id)
        access.on_event("create token", maker, source, token.id, DONE)
        return {**told(token, now), "token": text}

    async def revoke(self, request: Request) -> Response:
        """End a token and those made with it."""
        access, number = access_of(request), request.path_params["token"]
        found = await asyncio.to_thread(access.tokens.revoke, number)
        if not found:
            raise Refusal(404, f"there is no token {number[:40]}; GET {TOKENS} lists them with their id")
        await self._tell(request, *(("revoke token", token.id) for token in found))
        return reply({**told(found[0], access.clock()), "also_revoked": named(found[1:])})

    async def revoke_person(self, request: Request) -> Response:
        """End what somebody has who logged in at the identity provider, and what they made."""
        who = (await read_body(request, Person, PERSON_EXAMPLE, required=True)).person
        found, sessions = await asyncio.to_thread(access_of(request).tokens.revoke_person, who)
        await self._tell(request, ("revoke person", who), *(("revoke token", token.id) for token in found))
        return reply({"person": who, "sessions": sessions, "also_revoked": named(found)})

    async def _tell(self, request: Request, *done: tuple[str, str]) -> None:
        who, source = principal_of(request.scope), source_of(request.scope)
        for what, about in done:
            await asyncio.to_thread(access_of(request).on_event, what, who, source, about, DONE)


def named(tokens: list[Token]) -> list[dict[str, str]]:
    """Return tokens that ended, for an answer, as `token_models.OtherToken` describes them."""
    return [{"id": token.id, "name": token.name} for token in tokens]


def grant_of(principal: Principal, access: Access) -> Grant:
    """Return what somebody has to give; raises Refusal where the token was revoked a moment ago."""
    if not principal.id:
        return Grant(principal.role, principal.routes)
    token = access.tokens.find(principal.id)
    if token is None or not token.is_in_force(access.clock()):
        raise Refusal(401, BAD_TOKEN, {"www-authenticate": 'Bearer realm="gateway"'})
    return Grant(token.role, token.routes, token.expires)


def check_routes(plan: RoutingPlan, routes: frozenset[str] | None) -> None:
    """Raise ChangeRefused where a token would be for a route that is not there."""
    known = {route.name for route in plan.routes}
    if unknown := sorted((routes or frozenset()) - known):
        listed = ", ".join(sorted(known)[:20])
        raise ChangeRefused(f"there is no route {', '.join(unknown)[:200]}; there is: {listed}")


def told(token: Token, now: float) -> dict[str, Any]:
    """Return a token for an answer, as `token_models.TokenState` describes it."""

    def at(moment: float | None) -> str | None:
        return None if moment is None else iso_time(moment)

    return {
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "routes": None if token.routes is None else sorted(token.routes),
        "created": at(token.created),
        "created_by": token.created_by,
        "made_with": token.made_with or None,
        "expires": at(token.expires),
        "revoked": at(token.revoked),
        "last_used": at(token.last_used),
        "in_force": token.is_in_force(now),
    }
