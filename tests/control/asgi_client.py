"""Asks an ASGI application without a server: one request, one answer, streams cut off at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp

from tests.waiting import BOUND


@dataclass
class Asked:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    fields: list[tuple[str, str]] = field(default_factory=list)
    content: bytes = b""

    @property
    def media_type(self) -> str:
        """The type of the content, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


async def ask(
    app: ASGIApp,
    method: str,
    target: str,
    headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
    body: bytes = b"",
    *,
    by_socket: bool = False,
    scheme: str = "http",
) -> Asked:
    """Send one request to localhost, as uvicorn would; a `host` of one's own replaces the usual one."""
    given = list(headers.items()) if isinstance(headers, Mapping) else list(headers or [])
    if not any(name.lower() == "host" for name, _ in given):
        given.insert(0, ("host", "127.0.0.1:9090"))
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "root_path": "",
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in given],
        "client": None if by_socket else ("127.0.0.1", 5),
        "server": ("/run/admin.sock", None) if by_socket else ("127.0.0.1", 9090),
        "state": {},
    }
    try:
        return await asyncio.wait_for(_answered(app, scope, body), BOUND)
    except TimeoutError:
        raise AssertionError(f"{method} {target}: no answer within {BOUND:g} s") from None


async def _answered(app: ASGIApp, scope: dict[str, Any], body: bytes) -> Asked:
    asked, begun, waiting = Asked(), asyncio.Event(), asyncio.Event()
    pieces = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if pieces:
            return pieces.pop()
        await waiting.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            asked.status = message["status"]
            asked.fields = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in message["headers"]]
            asked.headers = dict(asked.fields)
        else:
            asked.content += message.get("body", b"")
            if message.get("more_body") and asked.media_type == "text/event-stream":
                begun.set()

    running = asyncio.ensure_future(app(scope, receive, send))
    streaming = asyncio.ensure_future(begun.wait())
    await asyncio.wait({running, streaming}, return_when=asyncio.FIRST_COMPLETED)
    streaming.cancel()
    if not running.done():
        waiting.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    elif (error := running.exception()) is not None and not asked.status:
        raise error
    return asked
