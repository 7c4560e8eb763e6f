"""An HTTP server that can be down for a while: the same port afterwards, all its connections broken."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

_UID = re.compile(rb'"log\.record\.uid","value":\{"stringValue":"([0-9a-f]+)"')


@dataclass(frozen=True)
class Asked:
    """A request that was answered with success."""

    path: str
    headers: dict[str, str]
    body: bytes


Answer = tuple[int, dict[str, str], bytes]


class Collector:
    """Remembers what it took; `answer`, if any, decides what a request is answered."""

    def __init__(self) -> None:
        self.taken: list[Asked] = []
        self.answer: Callable[[Asked], Answer] = lambda _: (200, {}, b"{}")
        # bound all the time and never listening: while it is down nobody else is given its port
        self._place = socket.socket()
        self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._place.bind(("127.0.0.1", 0))
        self._port: int = self._place.getsockname()[1]
        self.up()

    @property
    def url(self) -> str:
        """Where it listens, up or down."""
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Listen, on the same port each time."""
        self._server = _Server(("127.0.0.1", self._port), _handler(self))
        self._server.open = set()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def down(self) -> None:
        """Refuse connections, and break those there are."""
        self._server.shutdown()
        self._server.server_close()
        for wire in list(self._server.open):
            try:
                wire.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other end was faster
        self._thread.join()

    def close(self) -> None:
        """End it, and give its port away."""
        self.down()
        self._place.close()

    def log_ids(self) -> list[str]:
        """Return the ids of the log records taken, in order, repeats included."""
        return [found.decode() for asked in self.taken for found in _UID.findall(asked.body)]

    def spans(self) -> list[dict[str, Any]]:
        """Return the spans taken, in order, repeats included."""
        return [
            span
            for asked in self.taken
            for resource in orjson.loads(asked.body)["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def event_ids(self, kind: str = "request") -> list[str]:
        """Return the ids of the events of one type, in order, repeats included."""
        return [asked.headers["ce-id"] for asked in self.taken if asked.headers["ce-type"].endswith(kind)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    open: set[socket.socket]

    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that was killed."""


def _handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.server.open.add(self.connection)  # type: ignore[attr-defined]

        def finish(self) -> None:
            self.server.open.discard(self.connection)  # type: ignore[attr-defined]
            super().finish()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            status, headers, said = collector.answer(asked)
            if status < 300:
                collector.taken.append(asked)
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
