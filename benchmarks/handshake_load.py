"""`python -m benchmarks.handshake_load PORT SECONDS CONNECTIONS POOL`: a new TLS connection for each request.

wrk would resume the session of the connection before, where the server allows it; here every handshake is a
whole one. Ends with the line of JSON that wrk's script ends with too.
"""

from __future__ import annotations

import itertools
import json
import socket
import ssl
import sys
import threading
import time
from pathlib import Path

from benchmarks.heads import SEPARATOR
from benchmarks.wire import Broken, read_answer

_PATIENCE = 10.0


class Books:
    """What all threads counted; the first complaint is kept."""

    def __init__(self) -> None:
        self.answered = 0
        self.failed = 0
        self.complaint = ""


def main(port: int, seconds: float, connections: int, pool: list[bytes]) -> int:
    """Load 127.0.0.1:`port` and print what came of it; returns 1 where nothing was answered."""
    books, requests = Books(), itertools.cycle(pool)
    start = time.monotonic()
    ask = (port, requests, start + seconds, books)
    threads = [threading.Thread(target=ask_on, args=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - start
    if not books.answered:
        print(books.complaint or "nothing was answered")
        return 1
    counts = {"requests": books.answered, "microseconds": elapsed * 1e6, "failed": books.failed}
    print("RESULT " + json.dumps(counts))
    return 0


def ask_on(port: int, requests: itertools.cycle[bytes], deadline: float, books: Books) -> None:
    """Ask again and again, each time on a new connection, until `deadline`."""
    context = client_context()
    while time.monotonic() < deadline:
        try:
            once(context, port, next(requests))
            books.answered += 1  # under the interpreter's lock a lost count is rare, and one in thousands
        except (OSError, Broken) as error:
            books.failed += 1
            books.complaint = books.complaint or str(error)


def client_context() -> ssl.SSLContext:
    """Return settings that trust anybody: the servers are the benchmark's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def once(context: ssl.SSLContext, port: int, request: bytes) -> None:
    """Shake hands, ask and read the answer; raises OSError or Broken where that fails."""
    with (
        socket.create_connection(("127.0.0.1", port), _PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname="models.example") as wire,
    ):
        # Else the request would wait until the end of the handshake is acknowledged, which takes 40 ms.
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.sendall(request)
        data = b""
        while (answer := read_answer(data)) is None:
            more = wire.recv(65536)
            if not more:
                raise Broken("the server hung up before it had answered")
            data += more
        if answer.status != 200:
            raise Broken(f"it was answered with {answer.status}")


if __name__ == "__main__":
    heads = Path(sys.argv[4]).read_bytes().split(SEPARATOR)
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), heads))
