"""A stage for the data plane: real sockets, services that say what a test wrote, and raw clients."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Protocol, cast

from gateway.monitoring import tally
from gateway.proxy.context import Context
from gateway.proxy.server import ClientConnection
from gateway.proxy.worker import tick
from gateway.routing.change import Request, commit
from gateway.routing.file_sync import begin
from gateway.routing.plan import RoutingPlan
from gateway.routing.run_directory import prepare
from tests.proxy.peer import Peer, field, until


class Service:
    """A service: its connections come as peers, or are answered by `script` request for request."""

    def __init__(self, script: Callable[[bytes], bytes] | None = None) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.script = script
        self.requests: list[bytes] = []
        self.peers: list[Peer] = []
        self._accepted: asyncio.Queue[Peer] = asyncio.Queue()
        self._closed = False
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Begin to accept connections."""
        self._server = await asyncio.start_server(self._serve, sock=self.socket, limit=1 << 24)

    async def accepted(self) -> Peer:
        """Return the next connection of a service without a script."""
        return await self._accepted.get()

    def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Coroutine[None, None, None] | None:
        if self._closed:  # it was on its way while the test ended
            writer.transport.abort()
            return None
        peer = Peer(reader, writer)
        self.peers.append(peer)
        if self.script is None:
            self._accepted.put_nowait(peer)
            return None
        return self._answer(peer, self.script)

    async def _answer(self, peer: Peer, script: Callable[[bytes], bytes]) -> None:
        try:
            while True:
                head = await peer.head()
                body = await peer.exactly(int(field(head, "content-length") or 0))
                self.requests.append(head + body)
                await peer.send(script(head + body))
        except (asyncio.IncompleteReadError, OSError):
            peer.writer.close()  # the gateway has let go of it

    async def close(self) -> None:
        """Close the listener and every connection."""
        self._closed = True
        if self._server is not None:
            self._server.close()
        self.socket.close()
        for peer in self.peers:
            await peer.close()


class Gateway:
    """One worker in this process, at `port`."""

    def __init__(self, state: Path, config: Path) -> None:
        self.places = prepare(state)
        begin(self.places, Request("file", "test"), config)
        loop = asyncio.get_running_loop()
        self.context = Context(self.places, tally.TallyWriter(self.places.tally(0), 1), loop)
        self.context.adopt()
        self.port = 0

    async def listen(self) -> None:
        """Begin to accept connections."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: cast(asyncio.BaseProtocol, ClientConnection(self.context)), "127.0.0.1", 0, backlog=500
        )
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def clients(self) -> list[ClientConnection]:
        """The open connections, all of which speak HTTP/1."""
        return [cast(ClientConnection, client) for client in self.context.clients]

    def change(self, change: Callable[[RoutingPlan], RoutingPlan]) -> RoutingPlan:
        """Publish a change of routing as every other process would."""
        return commit(self.places, Request("set-weight", "test"), change)[0]

    def tick(self, after: float = 0.0, since: float | None = None) -> None:
        """Do what falls due when so many seconds have passed since then (CLOCK_MONOTONIC), or since now."""
        tick(self.context, (time.monotonic() if since is None else since) + after, 0.1, with_clients=True)

    def outcomes(self) -> dict[str, int]:
        """Return how many requests ended in each way, all routes and services together."""
        _, counts = tally.read(self.places.tally(0))
        sums = [sum(column) for column in zip(*(count.outcomes for count in counts), strict=True)]
        return {name: number for name, number in zip(tally.OUTCOMES, sums, strict=False) if number}

    async def close(self) -> None:
        """Close the listener and every connection."""
        self._server.close()
        for client in self.clients:
            client.transport.abort()
        self.context.pool.close()
        await until(lambda: not self.context.clients)


class Closable(Protocol):
    """What the stage closes after the test."""

    async def close(self) -> None:
        """Close it."""


class Stage:
    """Makes services, gateways and clients, and closes them after the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: list[Closable] = []

    async def service(self, script: Callable[[bytes], bytes] | bytes | None = None) -> Service:
        """Start a service; bytes are what it answers each request with."""
        service = self.down((lambda _: script) if isinstance(script, bytes) else script)
        await service.listen()
        return service

    def down(self, script: Callable[[bytes], bytes] | None = None) -> Service:
        """Return a service that refuses connections until it listens."""
        service = Service(script)
        self._open.append(service)
        return service

    def config(self, services: dict[str, str], route: str, top: str = "", each: str = "") -> Path:
        """Write routing.yaml: the services' urls and the keys of its only route.

        `top` are further lines of the file, `each` further keys of every service.
        """
        more = f", {each}" if each else ""
        lines = [f"  {name}: {{urls: [{urls}]{more}}}" for name, urls in services.items()]
        path_key = "" if "path:" in route else "path: /, "
        text = f"{top}\nservices:\n" + "\n".join(lines) + f"\nroutes:\n  - {{name: all, {path_key}{route}}}\n"
        path = self.folder / "routing.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    async def gateway(self, route: str = "weights: {blue: 1}", **services: Service | str) -> Gateway:
        """Start a gateway in front of these services, but for `top` and `each`, which are as in `config`."""
        top, each = str(services.pop("top", "")), str(services.pop("each", ""))
        urls = {name: s if isinstance(s, str) else s.url for name, s in services.items()}
        gateway = Gateway(self.folder / "state", self.config(urls, route, top, each))
        await gateway.listen()
        self._open.append(gateway)
        return gateway

    async def client(self, port: int, *, receive_buffer: int = 0, limit: int = 1 << 24) -> Peer:
        """Connect to a port; a slow reader has a small receive buffer and a low limit."""
        raw = socket.socket()
        if receive_buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
        except OSError:
            raw.close()
            raise
        peer = Peer(*await asyncio.open_connection(sock=raw, limit=limit))
        self._open.append(peer)
        return peer

    async def exchange(self, request: bytes) -> tuple[Service, Gateway, Peer, Peer]:
        """Start a service behind a gateway and send a request; return once the service has its head.

        Returned are both, the client, and the connection on which the service was asked.
        """
        blue = await self.service()
        gateway = await self.gateway(blue=blue)
        client = await self.client(gateway.port)
        await client.send(request)
        service = await blue.accepted()
        await service.head()
        return blue, gateway, client, service

    async def close(self) -> None:
        """Close everything, the last opened first."""
        for one in reversed(self._open):
            await one.close()
