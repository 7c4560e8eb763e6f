"""A refusal as a page, for whoever looks with a browser: the sentence, what to do next, the way on.

Refusals are made as RFC 9457 problem details wherever they happen, also before anybody is known. This stands
around all of it and writes one as a page where a person asks for it. What programs call under /api stays JSON
whatever they accept.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.control.access.roles import principal_of
from gateway.control.authors import spoken
from gateway.control.pages.desk import Desk
from gateway.control.problems import MEDIA_TYPE

API: Final = "/api/"
TITLES: Final = {
    400: "This address asks for something that is not there",
    401: "Who are you?",
    403: "This is not for you",
    404: "There is no such page",
    405: "This page cannot be used like that",
    421: "This name is not the gateway's",
    429: "Too many tries",
    500: "The gateway made a mistake",
    503: "Not possible at this moment",
}
NEXT: Final = {
    401: "Log in with a token; whoever runs the gateway makes one with `gateway token create`.",
    403: "Ask an admin for a token that may, or log in with another one.",
    404: "Choose a page above; perhaps the route or revision has another name or is no longer kept.",
    405: "Open the page from the links above.",
    429: "Wait a minute, then try again.",
    500: "Load the page again. If it stays so, look into the gateway's log: it has the traceback.",
    503: "Load the page again in a moment. Requests to models do not depend on this page.",
}
"""What to do, where the sentence itself does not say it all."""
HINTS: Final = ("; /openapi.json lists what there is", "; ask an admin for a token that may")
GENERAL: Final = "Choose a page above."


class Readable:
    """ASGI middleware: writes problem details as a page where HTML is asked for; the status is kept."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(API) or not wants_page(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        held: list[Message] = []
        content = bytearray()

        async def written(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
            elif not held:
                await send(message)
            else:
                content.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await self._send_page(scope, held[0], bytes(content), send)

        await self._app(scope, receive, written)

    async def _send_page(self, scope: Scope, start: Message, content: bytes, send: Send) -> None:
        problem = orjson.loads(content)
        page = self._desk.page(Request(scope), "trouble.html", told(scope, problem), title=title_of(problem))
        headers = MutableHeaders(scope=start)
        for name in ("content-type", "content-length", "content-security-policy"):
            headers[name] = page.headers[name]
        await send(start)
        body = b"" if scope["method"] == "HEAD" else bytes(page.body)
        await send({"type": "http.response.body", "body": body})


def wants_page(headers: Headers) -> bool:
    """Tell whether a person asks with a browser: programs name JSON, or anything, and get JSON."""
    accepted = ",".join(headers.getlist("accept")).lower()
    kinds = [part.partition(";")[0].strip() for part in accepted.split(",")]
    return "text/html" in kinds and "application/json" not in kinds and MEDIA_TYPE not in kinds


def _is_problem(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith(MEDIA_TYPE)


def title_of(problem: dict[str, Any]) -> str:
    """Return the headline of a problem."""
    return TITLES.get(problem["status"], str(problem["title"]))


def detail_of(problem: dict[str, Any]) -> str:
    """Return the sentence for a person: without the hints to programs, and what `NEXT` says again."""
    detail = spoken(problem["detail"])
    for hint in HINTS:
        detail = detail.removesuffix(hint)
    return detail


def _may_log_in(scope: Scope) -> bool:
    """Tell whether another token would help: not where everybody on this machine may do all."""
    who = principal_of(scope)
    return who is None or who.kind in ("session", "token")


def told(scope: Scope, problem: dict[str, Any]) -> dict[str, Any]:
    """Return what the page says of a problem."""
    status = problem["status"]
    return {
        "status": status,
        "detail": detail_of(problem),
        "next": NEXT.get(status, GENERAL),
        "login": status in (401, 403) and _may_log_in(scope),
        "again": status in (429, 500, 503) and scope["method"] in ("GET", "HEAD"),
    }
