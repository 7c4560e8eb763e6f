"""Requests as clients send them, and a service that says what it was asked."""

from __future__ import annotations

from gateway.proxy.server import ClientConnection
from tests.proxy.peer import until
from tests.proxy.stage import Gateway

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def echo(request: bytes) -> bytes:
    """Answer with the request's path."""
    path = request.split(b" ")[1]
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(path), path)


def get(path: str, extra: str = "", version: str = "1.1") -> bytes:
    """Return a request."""
    return f"GET {path} HTTP/{version}\r\nHost: x\r\n{extra}\r\n".encode()


async def only_client(gateway: Gateway) -> ClientConnection:
    """Return the only client's connection, once it is there."""
    await until(lambda: len(gateway.clients) == 1)
    return gateway.clients[0]
