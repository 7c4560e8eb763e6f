"""The load of the WebSocket row."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from types import SimpleNamespace

import pytest

from benchmarks import websocket_load
from benchmarks.raw_upstream import ECHOED, Answering
from benchmarks.websocket_load import main, switched, talk
from benchmarks.wrk import read_result


@pytest.fixture
def port() -> Iterator[int]:
    """Run the raw upstream in a thread."""
    loop, started, ports = asyncio.new_event_loop(), threading.Event(), []
    stop = asyncio.Event()

    async def serve() -> None:
        server = await loop.create_server(Answering, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        started.set()
        async with server:
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert started.wait(60)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def test_messages_go_round_on_every_socket(
    port: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says how many came back, as wrk's script does; a millisecond passes with each look at the clock."""
    looks = count()
    monkeypatch.setattr(websocket_load, "time", SimpleNamespace(monotonic=lambda: next(looks) / 1000))
    main(port, 0.2, 4)
    seen = read_result(capsys.readouterr().out)
    assert seen.requests >= 4
    assert seen.failed == 0
    assert seen.seconds >= 0.2


def test_connections_that_are_lost_are_failures() -> None:
    """With none left there is nothing to wait for; what one had echoed before counts."""
    with ExitStack() as stack:
        pairs = [[stack.enter_context(end) for end in socket.socketpair()] for _ in range(2)]
        far = [pair[1] for pair in pairs]
        far[0].sendall(ECHOED)
        for end in far:
            end.shutdown(socket.SHUT_WR)
        assert talk([pair[0] for pair in pairs], time.monotonic() + 60) == (1, 2)


def test_a_refusal_is_quoted() -> None:
    """Whoever answers something else than 101 is named by what it said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        refused: list[str] = []

        def ask() -> None:
            try:
                switched(listener.getsockname()[1])
            except ConnectionError as error:
                refused.append(str(error))

        thread = threading.Thread(target=ask)
        thread.start()
        wire, _ = listener.accept()
        with wire:
            wire.recv(4096)
            wire.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n")
            thread.join(10)
    assert "404 Not Found" in refused[0]
