"""The load of the handshake row."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import handshake_load, protocol_configs
from benchmarks.configs import Site
from benchmarks.handshake_load import main
from benchmarks.wrk import read_result

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"


@dataclass
class Server:
    """A TLS server of one thread; what it answers, and what it saw of each connection."""

    port: int = 0
    answer: bytes = OK
    resumed: list[bool] = field(default_factory=list)
    versions: set[str | None] = field(default_factory=set)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Run a server that would resume sessions if it were asked to."""
    protocol_configs.make_certificate(Site(tmp_path, 0, 0, 0, 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / protocol_configs.CERT, tmp_path / protocol_configs.KEY)
    listener = socket.create_server(("127.0.0.1", 0))
    running = Server(listener.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return  # the listener was shut down: the test is over
            with plain, context.wrap_socket(plain, server_side=True) as wire:
                wire.recv(65536)
                running.resumed.append(bool(wire.session_reused))
                running.versions.add(wire.version())
                wire.sendall(running.answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield running
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass with each look at the clock: a busy machine has as many requests as any other."""
    looks = count()
    monkeypatch.setattr(handshake_load, "time", SimpleNamespace(monotonic=lambda: next(looks) / 20))


def test_each_request_has_a_connection_and_a_whole_handshake(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """Never a resumed one, whatever the server allows."""
    assert main(server.port, 0.2, 2, [b"GET / HTTP/1.1\r\n\r\n"]) == 0
    seen = read_result(capsys.readouterr().out)
    assert seen.requests == len(server.resumed) >= 2
    assert seen.failed == 0
    assert not any(server.resumed)
    assert server.versions == {"TLSv1.3"}


def test_where_nothing_is_answered_it_says_why(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit status and the last line are what the table shows."""
    server.answer = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    assert main(server.port, 0.2, 1, [b"GET / HTTP/1.1\r\n\r\n"]) == 1
    assert capsys.readouterr().out == "it was answered with 503\n"
