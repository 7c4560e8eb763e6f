"""Requests at a steady rate."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from benchmarks.rollouts.load import Asked, Load, failed, failures

REQUEST = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
GOOD = b"HTTP/1.1 200 OK\r\nx-model-version: blue\r\ncontent-length: 16\r\n\r\nlate_probability"


def answered_with(answer: bytes, rate: float, requests: int) -> list[Asked]:
    """Ask a server that answers each request with these bytes, until so many have ended."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(answer)
                if not answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client hung up
        finally:
            writer.close()

    async def ask() -> list[Asked]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with Load(server.sockets[0].getsockname()[1]) as load:
            load.flow([("user-1", REQUEST)], rate)
            await load.until(requests, 60)
        server.close()
        return load.asked

    return asyncio.run(ask())


def test_a_whole_answer_with_a_prediction_is_good() -> None:
    """Its version and its user are known."""
    found = answered_with(GOOD, 200, 20)
    assert failed(found) == []
    assert {(one.user, one.version, one.status) for one in found} == {("user-1", "blue", 200)}


def test_the_rate_is_kept() -> None:
    """However long the answers take: never more, and no less but for what a busy machine takes away."""
    for _ in range(20):
        began = monotonic()
        found = answered_with(GOOD, 200, 80)
        took = monotonic() - began
        assert len(found) <= 1 + 200 * took
        if took < 2 * 80 / 200:
            return
    pytest.fail("80 requests at 200 a second never took less than 0.8 s")


def test_what_is_no_prediction_is_a_failure() -> None:
    """A 200 with something else in it, an error, and a connection that is closed."""
    other = answered_with(GOOD.replace(b"probability", b"certainly.."), 100, 5)
    error = answered_with(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", 100, 5)
    gone = answered_with(b"", 100, 5)
    assert {one.failure for one in other} == {"status 200"}
    assert {one.failure for one in error} == {"status 503"}
    assert {one.failure for one in gone} == {"closed without an answer"}
    assert failures(gone) == f"{len(gone)} × closed without an answer"
