"""A WebSocket client for tests that read from top to bottom: it runs only while it is waited for.

The library has a client without an event loop too, but that uses one TLS connection from two threads at once,
which openssl does not allow: now and then its request is never sent, to whatever server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect

from tests.system.gateway_under_test import Gateway
from tests.system.secure_site import trusting
from tests.waiting import BOUND

T = TypeVar("T")


class Talk:
    """A WebSocket to the gateway, plain (`ws`) or over TLS (`wss`); `more` is for the library."""

    connection: ClientConnection

    def __init__(
        self, gateway: Gateway, way: str = "wss", user: str = "", path: str = "/talk", **more: Any
    ) -> None:
        address = "{}:{}".format(*gateway.listen) if way == "ws" else f"localhost:{gateway.tls[1]}"
        self._url = f"{way}://{address}{path}"
        self._options: dict[str, Any] = {
            "ssl": trusting(gateway) if way == "wss" else None,
            "additional_headers": {"x-user-id": user} if user else {},
            "proxy": None,
            "max_size": None,
            "ping_interval": None,
            "open_timeout": BOUND,
            "close_timeout": BOUND,
            **more,
        }

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        try:
            self.connection = self._run(self._open())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._run(self.connection.close())
        finally:
            self._runner.close()

    async def _open(self) -> ClientConnection:
        return await connect(self._url, **self._options)

    def _run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(asyncio.wait_for(doing, 2 * BOUND))

    def send(self, message: str | bytes | Iterable[str | bytes]) -> None:
        """Send a message; several pieces are as many frames."""
        self._run(self.connection.send(message))

    def recv(self) -> str | bytes:
        """Return the next message."""
        return self._run(self.connection.recv())

    def recv_pieces(self) -> list[str | bytes]:
        """Return the next message, a piece for each of its frames."""

        async def pieces() -> list[str | bytes]:
            return [piece async for piece in self.connection.recv_streaming()]

        return self._run(pieces())

    def say(self, message: str | bytes = "still there?") -> str | bytes:
        """Send a message and return what comes back."""
        self.send(message)
        return self.recv()

    def ping(self) -> None:
        """Send a ping and wait for the pong."""

        async def ping() -> None:
            await (await self.connection.ping())

        self._run(ping())

    def close(self, code: int, reason: str) -> None:
        """Say goodbye."""
        self._run(self.connection.close(code, reason))

    def vanish(self) -> None:
        """Break the connection without a word."""

        async def vanish() -> None:
            self.connection.transport.abort()
            await self.connection.wait_closed()

        self._run(vanish())
