"""WebSocket services by the `websockets` library: they echo, do what they are told, and note how it ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.waiting import BOUND

KNOWN = [Subprotocol("tell.v2"), Subprotocol("tell.v1")]
PIECES = ("one ", "two ", "three")


@dataclass
class Session:
    """One WebSocket as the service saw it: the sizes of what came, and the code of its end, 0 before."""

    service: str
    user: str
    headers: dict[str, str]
    code: int = 0
    fragments: list[int] = field(default_factory=list)


def _select(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Return the best that both know, or none, which is no reason not to talk."""
    return next((known for known in KNOWN if known in offered), None)


class SocketServices:
    """Services by name, each at a URL of its own."""

    def __init__(self, *names: str) -> None:
        self.urls: dict[str, str] = {}
        self.sessions: list[Session] = []
        self._names = names
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(BOUND)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(BOUND)

    def of(self, user: str) -> list[Session]:
        """Return the sessions of a user, the newest last."""
        return [session for session in self.sessions if session.user == user]

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        servers: list[Server] = []
        for name in self._names:
            server = await serve(
                partial(self._talk, name),
                "127.0.0.1",
                0,
                select_subprotocol=_select,
                max_size=None,
                ping_interval=None,
            )
            servers.append(server)
            self.urls[name] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        for server in servers:
            server.close(close_connections=True)
            await server.wait_closed()

    async def _talk(self, name: str, connection: ServerConnection) -> None:
        assert connection.request is not None
        headers = {key.lower(): value for key, value in connection.request.headers.raw_items()}
        session = Session(name, headers.get("x-user-id", ""), headers)
        self.sessions.append(session)
        try:
            while True:
                await self._answer(session, connection)
        except ConnectionClosed as closed:
            session.code = closed.rcvd.code if closed.rcvd else 1006

    async def _answer(self, session: Session, connection: ServerConnection) -> None:
        message: Any = None  # str or bytes, as the first piece is
        async for piece in connection.recv_streaming():
            session.fragments.append(len(piece))
            message = piece if message is None else message + piece
        if message == "!name":
            await connection.send(session.service)
        elif message == "!ping":
            await (await connection.ping())
            await connection.send("pong")
        elif message == "!fragments":
            await connection.send(PIECES)
        elif message == "!close":
            await connection.close(4001, "as told")
        else:
            await connection.send(message)
