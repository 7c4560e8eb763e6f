"""Small HTTP services in a thread: each answers with its name, later where it is asked to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Self

from tests.waiting import BOUND


class _Connection(asyncio.Protocol):
    """One connection: requests with a content-length or without a body, answered in order."""

    def __init__(self, name: bytes, asked: Callable[[], None]) -> None:
        self._name = name
        self._asked = asked
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            length = int(_field(head, b"content-length") or 0)
            if len(self._data) < end + 4 + length:
                return
            self._data = self._data[end + 4 + length :]
            self._asked()
            if delay := float(_field(head, b"x-delay") or 0):
                asyncio.get_running_loop().call_later(delay, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        if not self._transport.is_closing():
            head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(self._name)
            self._transport.write(head + self._name)


def _field(head: bytes, name: bytes) -> bytes:
    _, found, rest = head.partition(b"\r\n" + name + b":")
    return rest.partition(b"\r\n")[0].strip() if found else b""


class Services:
    """Services by name, each at a URL of its own; `asked` counts the requests that came to any of them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)
        self.urls: dict[str, str] = {}
        self.asked = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def _was_asked(self) -> None:
        self.asked += 1

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        servers = []
        for name in self._names:
            new = partial(_Connection, name.encode(), self._was_asked)
            servers.append(await self._loop.create_server(new, "127.0.0.1", 0))
            host, port = servers[-1].sockets[0].getsockname()
            self.urls[name] = f"http://{host}:{port}"
        self._ready.set()
        await self._stop.wait()
        for server in servers:
            server.close()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(BOUND)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(BOUND)
