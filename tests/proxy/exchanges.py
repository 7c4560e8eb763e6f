"""Requests, and what becomes of them, for tests of either half of an exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.proxy.peer import Peer, field

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def request(extra: str = "", method: str = "GET", version: str = "1.1", body: bytes = b"") -> bytes:
    """Return a request; a body brings its length."""
    length = f"content-length: {len(body)}\r\n" if body else ""
    return f"{method} / HTTP/{version}\r\nHost: x\r\n{length}{extra}\r\n".encode() + body


KEPT = 1024 * 1024
"""Bytes: a few reads; far less than what is sent."""


async def at_rest(measure: Callable[[], int]) -> None:
    """Wait until a measure has been the same for fifty looks."""
    same, last = 0, -1
    while same < 50:
        await asyncio.sleep(0.001)
        now = measure()
        same, last = (same + 1 if now == last else 0), now


async def shares(client: Peer, sent: list[bytes]) -> list[str]:
    """Return which version answered each of these requests."""
    await client.send(b"".join(sent))
    return [field((await client.answer())[0], "x-model-version") or "" for _ in sent]


async def ended(client: Peer) -> tuple[bytes, bool]:
    """Return what came last, and whether a reset was its end."""
    got = b""
    try:
        while piece := await client.reader.read(65536):
            got += piece
    except ConnectionResetError:
        return got, True
    return got, False
