"""An HTTP server for tests: answers what it is told to, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.waiting import BOUND


@dataclass
class Listener:
    """`answers` are used up one by one, the last for ever: a status and a body, or None for silence."""

    answers: list[tuple[int, bytes] | None] = field(default_factory=lambda: [(200, b"")])
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def listening() -> Iterator[Listener]:
    """Run a server on a port of its own."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            given = {name.lower(): value for name, value in self.headers.items()}
            listener.asked.append((self.command, self.path, given, body))
            answer = listener.answers.pop(0) if len(listener.answers) > 1 else listener.answers[0]
            if answer is None:
                listener.released.wait(BOUND)
                return
            self.send_response(answer[0])
            for name, value in listener.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield listener
    finally:
        listener.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
