"""Load in a process of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from benchmarks.heads import pool
from benchmarks.process import wait_until
from benchmarks.traffic import traffic

ANSWER = b"HTTP/1.1 200 OK\r\nx-model-version: blue\r\ncontent-length: 2\r\n\r\n{}"


@dataclass
class Server:
    """Where the test's server listens and how much it has answered."""

    port: int
    answered: int = 0


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server that answers everything with 200, one connection at a time."""
    listener = socket.create_server(("127.0.0.1", 0))

    running = Server(listener.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                wire, _ = listener.accept()
            except OSError:
                return  # the listener was shut down: the test is over
            with wire:
                try:
                    while wire.recv(65536):
                        running.answered += 1  # before the load can know of it, and tell its books
                        wire.sendall(ANSWER)
                except ConnectionError:
                    continue  # the load was killed in the middle of a request

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield running
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def test_the_books_of_the_other_process_come_back(server: Server) -> None:
    """What was sent is what the server answered, and it says by whom."""
    with traffic(server.port, pool(1, size=10), None, connections=1) as flow:
        wait_until(lambda: server.answered >= 5, 60, "five requests are answered")
        books = flow.finish()
    assert books.failed == 0
    assert books.sent == books.answered == server.answered
    assert set(books.versions) == {b"blue"}


def test_a_measurement_that_breaks_off_ends_the_load_quietly(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    """The error that reaches the reader is the measurement's own."""
    requests = pool(1, size=10)
    with pytest.raises(RuntimeError, match="broke off"), traffic(server.port, requests, None, connections=1):
        raise RuntimeError("broke off")
    assert "Traceback" not in capfd.readouterr().err
