"""Resident memory of a worker, idle and with thousands of open connections."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Any

from benchmarks.admin import workers
from benchmarks.process import rss_bytes
from benchmarks.scale import Scale
from benchmarks.stage import Running, Stage
from benchmarks.wire import read_answer

_MEGABYTE = 1e6


def measure(stage: Stage, gateway: Running, scale: Scale) -> dict[str, Any]:
    """Return megabytes (10^6) before and while `connections` clients, each answered once, stay connected."""
    (worker,) = workers(gateway.site.folder / "state")
    idle = rss_bytes(worker)
    with ExitStack() as stack:
        for number in range(scale.connections):
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", gateway.site.port), 10.0))
            ask(wire, stage.requests[number % len(stage.requests)])
        crowded = rss_bytes(worker)
    return {
        "connections": scale.connections,
        "idle_mb": idle / _MEGABYTE,
        "crowded_mb": crowded / _MEGABYTE,
    }


def ask(wire: socket.socket, request: bytes) -> int:
    """Send one request and return the answer's status; raises ConnectionError when the server hangs up."""
    wire.sendall(request)
    data = b""
    while (answer := read_answer(data)) is None:
        more = wire.recv(65536)
        if not more:
            raise ConnectionError(f"the server hung up after {len(data)} bytes of its answer")
        data += more
    return answer.status
