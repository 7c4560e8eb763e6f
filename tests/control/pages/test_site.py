"""The dashboard's own files are served, and nothing else of the disk."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.control.pages.site import static
from gateway.control.problems import Refusal, answer


async def asked(path: str) -> httpx.Response:
    """Ask for a file."""
    routes = [Route("/static/{file:path}", static)]
    app = Starlette(routes=routes, exception_handlers={Refusal: answer})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as one:
        return await one.get(path)


async def test_files_come_as_what_they_are() -> None:
    """A browser that is told not to guess runs no script of another type."""
    found = await asked("/static/app.js")
    assert (found.status_code, found.headers["content-type"].partition(";")[0]) == (200, "text/javascript")
    assert (await asked("/static/vendor/uPlot.iife.min.js")).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["../desk.py", "%2e%2e/desk.py", "../templates/base.html", "nothing.js", "", "vendor", "/etc/passwd"],
)
async def test_nothing_else_is_found(path: str) -> None:
    """Whatever is asked for."""
    assert (await asked(f"/static/{path}")).status_code == 404
