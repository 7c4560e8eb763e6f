"""Somebody who looks at a page, without a browser and without a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.control.access.roles import Principal, Role
from gateway.control.pages.desk import Desk
from gateway.control.pages.site import all_pages
from gateway.control.problems import Refusal, answer

if TYPE_CHECKING:
    from tests.control.conftest import Site


async def visited(site: Site, path: str, role: Role = "admin") -> httpx.Response:
    """Ask for a page of a site as somebody with a role."""
    pages = all_pages(Desk(site.places, lambda: None))
    routes = [Route(page.path, page.handler, methods=list(page.methods)) for page in pages]
    app = Starlette(routes=routes, exception_handlers={Refusal: answer})

    async def known(scope: Scope, receive: Receive, send: Send) -> None:
        scope["principal"] = Principal("ann", role, "session")
        await app(scope, receive, send)

    transport = httpx.ASGITransport(app=known)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as one:
        return await one.get(path)
