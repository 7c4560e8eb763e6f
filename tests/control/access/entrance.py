"""The admin side reduced to its entrance: a few doors, tokens, the login, a clock that is moved by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.control.access.gate import Door, gated
from gateway.control.access.identity import Identity
from gateway.control.access.lockout import Lockout
from gateway.control.access.login import Access
from gateway.control.access.oidc import Oidc
from gateway.control.access.roles import Principal, principal_of
from gateway.control.access.sessions import Sessions
from gateway.control.access.token_api import TokenApi
from gateway.control.access.token_operations import TOKEN_OPERATIONS
from gateway.control.access.token_store import TokenStore
from gateway.control.pages import login_page, oidc_page, tokens_page
from gateway.control.pages.desk import Desk
from gateway.control.problems import ANSWERED, answer, answer_http
from gateway.control.replies import reply
from gateway.routing.places import Places

NOW = 1_780_000_000.0
DOORS = {
    ("GET", "/"): Door("viewer", is_page=True),
    ("GET", "/routes/{name}"): Door("viewer"),
    ("POST", "/routes/{name}"): Door("operator"),
    ("POST", "/all"): Door("operator"),
    ("POST", "/services"): Door("admin"),
    ("GET", "/healthz"): Door(None),
}
"""A door of each kind; each answers who came through."""


@dataclass
class Clock:
    """A clock that only moves when it is told to."""

    at: float = NOW

    def __call__(self) -> float:
        return self.at


@dataclass
class Entrance:
    """An access with its clock and what it told the audit trail."""

    places: Places
    clock: Clock = field(default_factory=Clock)
    events: list[tuple[str, Principal | None, str, str, str]] = field(default_factory=list)
    is_open: bool = False
    oidc: Oidc | None = None
    access: Access = field(init=False)

    def __post_init__(self) -> None:
        path = self.places.access
        self.access = Access(
            TokenStore(path, self.clock),
            Sessions(path, self.clock, self.oidc.settings if self.oidc else None),
            Lockout(self.clock),
            lambda *event: self.events.append(event),
            self.clock,
            self.oidc,
        )

    def app(self) -> ASGIApp:
        """The doors behind the middleware."""
        desk = Desk(self.places, lambda: None)
        pages = [*login_page.pages(desk), *oidc_page.pages(desk), *tokens_page.pages(desk)]
        doors = dict(DOORS)
        doors |= {
            (it.method.upper(), it.path): Door(it.role, is_whole=it.is_whole) for it in TOKEN_OPERATIONS
        }
        doors |= {(method, it.path): Door(it.role, is_page=True) for it in pages for method in it.methods}
        methods: dict[str, list[str]] = {}
        for method, path in DOORS:
            methods.setdefault(path, []).append(method)
        routes = [Route(path, who, methods=found) for path, found in methods.items()]
        routes += TokenApi(self.places).routes()
        routes += [Route(page.path, page.handler, methods=list(page.methods)) for page in pages]
        handlers: Any = {HTTPException: answer_http, **dict.fromkeys(ANSWERED, answer)}
        inner = Starlette(routes=gated(routes, doors), exception_handlers=handlers)
        return Identity(inner, self.access, open_to=lambda _: self.is_open)

    def client(self, token: str = "", peer: str = "192.0.2.7", scheme: str = "http") -> httpx.AsyncClient:
        """A client at an address, which sends a token along; it keeps cookies as a browser does."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app(), client=(peer, 4711), raise_app_exceptions=False),
            base_url=f"{scheme}://localhost:9090",
            headers={"authorization": f"Bearer {token}"} if token else {},
        )


async def who(request: Request) -> Response:
    """Answer who came through a door."""
    found = principal_of(request.scope)
    return reply({"who": found.name if found else "", "kind": found.kind if found else ""})


def at(folder: Path, **options: Any) -> Entrance:
    """An entrance whose database is in a folder."""
    return Entrance(Places(folder), **options)
