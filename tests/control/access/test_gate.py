"""The gate: every door asks for its role, and one that nobody described cannot be built."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.control.access.gate import Door, gated
from gateway.control.access.roles import ROLES, Principal
from gateway.control.problems import Refusal, answer

DOORS = {
    ("GET", "/open"): Door(None),
    ("GET", "/routes/{name}"): Door("viewer"),
    ("POST", "/routes/{name}"): Door("operator"),
    ("GET", "/single"): Door("viewer", is_whole=True),
    ("POST", "/all"): Door("operator"),
    ("GET", "/page"): Door("viewer", is_page=True),
}


async def said(request: Request) -> Response:
    """Answer that the request came through."""
    return PlainTextResponse(request.method)


def client(principal: Principal | None) -> httpx.AsyncClient:
    """A client of doors, who is known as somebody."""
    methods: dict[str, list[str]] = {}
    for method, path in DOORS:
        methods.setdefault(path, []).append(method)
    routes = [Route(path, said, methods=found) for path, found in methods.items()]
    app = Starlette(routes=gated(routes, DOORS), exception_handlers={Refusal: answer})

    async def known(scope: Scope, receive: Receive, send: Send) -> None:
        scope["principal"] = principal
        await app(scope, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(app=known), base_url="http://localhost")


def test_a_path_that_nobody_described_stops_the_build() -> None:
    """A new endpoint cannot be forgotten."""
    with pytest.raises(LookupError, match="POST /new"):
        gated([Route("/new", said, methods=["GET", "POST"])], {("GET", "/new"): Door("viewer")})


async def test_who_is_not_known_may_only_what_anybody_may() -> None:
    """Programs are told how to say who they are, people are sent to the login."""
    nobody = client(None)
    assert (await nobody.get("/open")).status_code == 200
    refused = await nobody.get("/routes/a")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer realm="gateway"')
    assert (await nobody.head("/routes/a")).status_code == 401
    sent = await nobody.get("/page")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login")


async def test_a_role_opens_its_doors() -> None:
    """And no further ones."""
    viewer, operator = (client(Principal("ann", role, "token")) for role in ROLES[:2])
    assert (await viewer.get("/routes/a")).status_code == 200
    assert (await viewer.post("/routes/a")).status_code == 403
    assert (await operator.post("/routes/a")).status_code == 200
    assert (await operator.post("/all")).status_code == 200


async def test_a_scope_holds_for_its_routes_alone() -> None:
    """Nothing about all routes is changed, no single request shown."""
    limited = client(Principal("ann", "admin", "token", frozenset("a")))
    changed = [await limited.post(path) for path in ("/routes/a", "/routes/b", "/all")]
    assert [one.status_code for one in changed] == [200, 403, 403]
    shown = [await limited.get(path) for path in ("/routes/a", "/routes/b", "/single", "/page")]
    assert [one.status_code for one in shown] == [200, 403, 403, 200]
