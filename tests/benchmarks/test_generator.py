"""The load generator's books."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.generator import Generator
from benchmarks.heads import pool

GOOD = b"HTTP/1.1 200 OK\r\nx-model-version: blue\r\ncontent-length: 2\r\n\r\n{}"
LAST = GOOD.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1)
BAD = GOOD.replace(b"200 OK", b"503 Service Unavailable")
REQUESTS = pool(1, size=10)


@contextmanager
def server(answer: Callable[[int], bytes]) -> Iterator[int]:
    """Answer the n-th request with `answer(n)`, b"" hanging up instead; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        number = 0
        while True:
            try:
                wire, _ = listener.accept()
            except OSError:
                return  # the listener was shut down: the test is over
            with wire:
                while wire.recv(65536):
                    reply = answer(number)
                    number += 1
                    if not reply:
                        break
                    wire.sendall(reply)
                    if reply == LAST:
                        break

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def run_until(generator: Generator, sent: int) -> None:
    """Load until so many requests have set out."""
    try:
        generator.run(lambda: generator.books.sent >= sent)
    finally:
        generator.close()


def test_every_request_is_accounted_for() -> None:
    """Good answers, refusals and hang-ups add up to what was sent."""
    replies = {3: BAD, 5: b"", 8: BAD}
    with server(lambda number: replies.get(number, GOOD)) as port:
        generator = Generator(port, REQUESTS, connections=1)
        run_until(generator, sent=20)
    books = generator.books
    assert books.failures == {"status 503": 2, "reading: closed before the answer was whole": 1}
    assert books.failed == 3
    assert books.sent == books.answered + books.failed
    assert books.sent >= 20


def test_answers_carry_their_moment_and_their_version() -> None:
    """Moments ascend; the version is the one that signed."""
    with server(lambda number: GOOD) as port:
        generator = Generator(port, REQUESTS, connections=1)
        run_until(generator, sent=5)
    assert list(generator.books.began) == sorted(generator.books.began)
    assert set(generator.books.versions) == {b"blue"}


def test_an_answer_that_ends_its_connection_is_no_failure() -> None:
    """A server that drains says so, and the next request takes a new connection."""
    with server(lambda number: LAST) as port:
        generator = Generator(port, REQUESTS, connections=1)
        run_until(generator, sent=4)
    assert generator.books.failed == 0
    assert generator.books.answered >= 4
