"""Both ends of requests that no decent client sends: a service that repeats what it is told, a collector."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from benchmarks.process import wait_until

PATIENCE = 1.0
"""Seconds that an answer is waited for: some of these requests never get one."""
_QUIET, _LONG = 2.0, 60.0


def send(port: int, raw: bytes) -> bytes:
    """Send bytes on a connection of their own; return what came back until it was closed."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as wire:
        wire.settimeout(PATIENCE)
        try:
            wire.sendall(raw)
            while piece := wire.recv(65536):
                answer += piece
        except (TimeoutError, ConnectionError):
            pass  # it waits for more, or hung up at once
    return answer


class Repeater:
    """A service whose answer to everything is `answer`."""

    def __init__(self) -> None:
        self.answer = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _run(self) -> None:
        while True:
            try:
                wire, _ = self._listening.accept()
            except OSError:
                return  # it is over
            threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        with wire:
            wire.settimeout(10 * PATIENCE)
            try:
                if _asked(wire):
                    wire.sendall(self.answer)
            except OSError:
                pass  # the gateway hung up


def _asked(wire: socket.socket) -> bool:
    """Read one whole request; tell whether there was one."""
    seen = b""
    while piece := wire.recv(65536):
        seen += piece
        head, end, body = seen.partition(b"\r\n\r\n")
        if not end:
            continue
        lines = head.lower().split(b"\r\n")
        if b"transfer-encoding: chunked" in lines:
            if body.endswith(b"\r\n\r\n"):
                return True
            continue
        length = next((line[15:] for line in lines if line.startswith(b"content-length:")), b"0")
        if len(body) >= int(length):
            return True
    return False


class Collector:
    """Takes whatever is sent to it by POST and keeps it in one file."""

    def __init__(self, file: Path) -> None:
        self.posts = 0
        self._last = time.monotonic()
        self._lock = threading.Lock()
        self._file = file.open("ab")
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.take(self.rfile.read(int(self.headers["content-length"])), str(self.headers))
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:
                pass  # its output is the benchmark's

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]

    def take(self, content: bytes, head: str) -> None:
        """Keep one."""
        with self._lock:
            self._file.write(head.encode() + content + b"\n")
            self._file.flush()
            self.posts += 1
            self._last = time.monotonic()

    def quiet(self) -> None:
        """Return once nothing has come for a while."""
        wait_until(lambda: time.monotonic() > self._last + _QUIET, _LONG, "the collector has everything")

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._file.close()
