"""Finds out who makes a request, before anything else looks at it.

A token that is sent along counts before the cookie of a session, that before the Unix socket, whose file's
permission says who may, and that before being let in without a word. A wrong token is refused everywhere:
whoever sends one means to be asked. A cookie that has ended is as good as none, because browsers keep one
for all gateways of a machine.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.control.access.listening import is_by_socket
from gateway.control.access.login import Access, source_of
from gateway.control.access.roles import Principal
from gateway.control.problems import Refusal, refusal_of

COOKIE: Final = "gateway_session"


class Identity:
    """ASGI middleware: sets `principal` (None: nobody knows), `access`, for those who log in, and `is_open`.

    `open_to` (and so `is_open`) tells whether a request without any of this comes in all the same, with all
    rights, from an address.
    """

    def __init__(self, app: ASGIApp, access: Access, open_to: Callable[[str], bool]) -> None:
        self._app = app
        self._access = access
        self._open_to = open_to

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http":
            scope["access"] = self._access
            scope["is_open"] = self._open_to(source_of(scope))
            try:
                scope["principal"] = await self._who(scope)
            except (Refusal, sqlite3.Error, OSError) as error:
                app = refusal_of(error).response()
        await app(scope, receive, send)

    async def _who(self, scope: Scope) -> Principal | None:
        headers, source = Headers(scope=scope), source_of(scope)
        if "authorization" in headers:
            text = bearer(headers.getlist("authorization"))
            return await asyncio.to_thread(self._access.by_token, text, source)
        if cookie := session_cookie(scope):
            found = await asyncio.to_thread(self._access.sessions.find, cookie)
            if found is not None:
                return found
        if is_by_socket(scope):
            return Principal("socket", "admin", "socket")
        return Principal(f"api:{source}", "admin", "open") if self._open_to(source) else None


def bearer(values: list[str]) -> str:
    """Return the token in Authorization, empty where there is none in it or several of it."""
    scheme, _, text = values[0].strip().partition(" ") if len(values) == 1 else ("", "", "")
    return text.strip() if scheme.lower() == "bearer" else ""


def cookie_name(scope: Scope) -> str:
    """Return what the session's cookie is called; over TLS so that no other host can set it."""
    return f"__Host-{COOKIE}" if scope.get("scheme") == "https" else COOKIE


def session_cookie(scope: Scope) -> str:
    """Return the session that a request carries, empty: none."""
    jars = [cookie_parser(value) for value in Headers(scope=scope).getlist("cookie")]
    return next((jar[cookie_name(scope)] for jar in jars if cookie_name(scope) in jar), "")
