"""A port where nobody is: a connection is refused, and nobody else is given the port meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def refusing_port() -> Iterator[int]:
    """Yield a port of loopback that is bound and not listened on."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        port: int = deaf.getsockname()[1]
        yield port
