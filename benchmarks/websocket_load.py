"""`python -m benchmarks.websocket_load PORT SECONDS SOCKETS`: each open WebSocket sends a message, waits for
its echo and sends the next. Raw sockets and one epoll, so that the load costs less than what it loads.

Ends with the line of JSON that wrk's script ends with too.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

from benchmarks.raw_upstream import ASKED, ECHO, ECHOED

_PATIENCE = 5.0
_HELLO = (
    f"GET {ECHO} HTTP/1.1\r\nhost: models.example\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
).encode()


def main(port: int, seconds: float, sockets: int) -> None:
    """Load 127.0.0.1:`port` and print what came of it."""
    wires = [switched(port) for _ in range(sockets)]
    start = time.monotonic()
    echoes, failed = talk(wires, start + seconds)
    elapsed = time.monotonic() - start
    for wire in wires:
        wire.close()
    print("RESULT " + json.dumps({"requests": echoes, "microseconds": elapsed * 1e6, "failed": failed}))


def switched(port: int) -> socket.socket:
    """Return a new connection that has left HTTP; raises ConnectionError where it was not let."""
    wire = socket.create_connection(("127.0.0.1", port), _PATIENCE)
    try:
        leave_http(wire)
    except OSError:
        wire.close()
        raise
    return wire


def leave_http(wire: socket.socket) -> None:
    """Make a WebSocket of a connection; raises ConnectionError where the other side would not."""
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.sendall(_HELLO)
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        more = wire.recv(4096)
        answer += more
        if not more or not answer.startswith(b"HTTP/1.1 101 "[: len(answer)]):
            raise ConnectionError(f"no WebSocket here: {answer[:100]!r}")


def talk(wires: list[socket.socket], deadline: float) -> tuple[int, int]:
    """Exchange messages on all of them until `deadline`; return echoes received and connections lost."""
    echoes = failed = 0
    poll = select.epoll()
    waiting: dict[int, tuple[socket.socket, int]] = {}
    for wire in wires:
        wire.setblocking(False)
        poll.register(wire, select.EPOLLIN)
        waiting[wire.fileno()] = (wire, 0)
        wire.send(ASKED)
    while waiting and time.monotonic() < deadline:
        for fd, _ in poll.poll(0.1):
            wire, had = waiting[fd]
            data = received(wire)
            if not data:
                poll.unregister(wire)
                del waiting[fd]
                failed += 1
            elif had + len(data) < len(ECHOED):
                waiting[fd] = (wire, had + len(data))
            else:
                waiting[fd] = (wire, 0)
                echoes += 1
                wire.send(ASKED)
    poll.close()
    return echoes, failed


def received(wire: socket.socket) -> bytes:
    """Return what has come; nothing where the connection is lost, by a reset too."""
    try:
        return wire.recv(4096)
    except ConnectionError:
        return b""


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
