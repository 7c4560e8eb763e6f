"""Continuous load that keeps its own books: was each request answered, when, and by whom?

Raw sockets and epoll, because a client library would cost more than the proxies that are measured. Each
connection sends its next request as soon as the last one is answered.
"""

from __future__ import annotations

import gc
import select
import socket
import time
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.wire import Answer, Broken, read_answer

CONNECTIONS = 32
_PATIENCE_NS = 5_000_000_000  # an answer later than this counts as failed


@dataclass
class Books:
    """What came of the requests: one entry in `began` and `versions` for each good answer, as they arrived.

    `began` is when the answer's first byte was there, in nanoseconds of CLOCK_MONOTONIC, which all processes
    share.
    """

    sent: int = 0
    began: array[int] = field(default_factory=lambda: array("q"))
    versions: list[bytes] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def answered(self) -> int:
        """How many requests got a whole answer with status 200."""
        return len(self.began)

    @property
    def failed(self) -> int:
        """How many requests got anything else, or nothing."""
        return sum(self.failures.values())

    def note(self, answer: Answer, began: int) -> None:
        """Enter one whole answer."""
        if answer.status != 200:
            self.failures[f"status {answer.status}"] += 1
            return
        self.began.append(began)
        self.versions.append(answer.version)


class Connection:
    """One keep-alive connection with at most one request under way."""

    __slots__ = ("began", "buffer", "socket", "waits")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 5.0)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.buffer = b""
        self.waits = False
        self.began = 0


class Generator:
    """Connections to one port, all kept busy, and the books of what came of each request."""

    def __init__(self, port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> None:
        self.books = Books()
        self._port, self._requests = port, requests
        self._epoll = select.epoll()
        self._by_fd: dict[int, Connection] = {}
        self._idle: list[Connection] = []
        for _ in range(connections):
            self._open()

    def run(self, is_over: Callable[[], bool]) -> Books:
        """Send until `is_over` (asked every millisecond), then wait for the answers that are still out."""
        gc.disable()  # a collection would stop the clock for milliseconds in the middle of a measurement
        while not is_over():
            until = time.monotonic_ns() + 1_000_000
            while time.monotonic_ns() < until:
                while self._idle:
                    self._send(self._idle.pop())
                self._receive(0.001)
        self._drain()
        gc.enable()
        return self.books

    def close(self) -> None:
        """Close every connection."""
        for connection in self._by_fd.values():
            connection.socket.close()
        self._epoll.close()

    def _open(self) -> None:
        connection = Connection(self._port)
        self._by_fd[connection.socket.fileno()] = connection
        self._epoll.register(connection.socket.fileno(), select.EPOLLIN)
        self._idle.append(connection)

    def _send(self, connection: Connection) -> None:
        request = self._requests[self.books.sent % len(self._requests)]
        self.books.sent += 1
        connection.waits = True
        try:
            if connection.socket.send(request) != len(request):
                raise Broken("the request did not fit into the socket's buffer")
        except (OSError, Broken) as broken:
            self._fail(connection, f"sending: {broken}")

    def _receive(self, timeout: float) -> None:
        for fd, _ in self._epoll.poll(timeout):
            self._read(self._by_fd[fd])

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.socket.recv(65536)
            if not data:
                raise Broken("closed before the answer was whole")
            if not connection.buffer:
                connection.began = time.monotonic_ns()
            connection.buffer += data
            answer = read_answer(connection.buffer)
        except (OSError, Broken) as broken:
            self._fail(connection, f"reading: {broken}")
            return
        if answer is not None:
            self._finish(connection, answer)

    def _finish(self, connection: Connection, answer: Answer) -> None:
        self.books.note(answer, connection.began)
        connection.buffer, connection.waits = b"", False
        if answer.keep_alive:
            self._idle.append(connection)
        else:
            self._replace(connection)

    def _fail(self, connection: Connection, why: str) -> None:
        if connection.waits:
            self.books.failures[why] += 1
        else:  # a server may close an idle connection without harm
            self._idle.remove(connection)
        self._replace(connection)

    def _replace(self, connection: Connection) -> None:
        del self._by_fd[connection.socket.fileno()]
        connection.socket.close()  # which also takes it out of the epoll set
        self._open()

    def _waiting(self) -> int:
        return sum(connection.waits for connection in self._by_fd.values())

    def _drain(self) -> None:
        deadline = time.monotonic_ns() + _PATIENCE_NS
        while self._waiting() and time.monotonic_ns() < deadline:
            self._receive(0.05)
        if silent := self._waiting():
            self.books.failures["no answer within 5 s"] += silent
