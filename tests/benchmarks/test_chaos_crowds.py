"""Crowds of connections, in a process of their own."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.chaos.crowds import crowd
from tests.refusing_port import refusing_port


@pytest.mark.parametrize(("kind", "heard"), [("silent", b""), ("dribbling", b"G")])
def test_a_crowd_connects_and_tells_what_became_of_it(kind: str, heard: bytes) -> None:
    """Each was told 408 and hung up on here."""

    async def meet() -> tuple[dict[str, int], set[bytes]]:
        first: set[bytes] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if heard:
                first.add(await reader.readexactly(1))
            writer.write(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
            writer.close()
            await writer.wait_closed()
            left.release()

        left = asyncio.Semaphore(0)
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            with crowd(server.sockets[0].getsockname()[1], 30, kind) as some:
                await some.gathered()
                for _ in range(30):
                    await asyncio.wait_for(left.acquire(), 60)
                return await some.leave(), first

    found, first = asyncio.run(meet())
    assert found == {"told": 30, "closed": 30}
    assert first == ({heard} if heard else set())


def test_a_crowd_that_cannot_connect_says_so() -> None:
    """The parent is not left waiting."""

    async def meet(port: int) -> None:
        with crowd(port, 1, "silent") as some:
            await some.gathered()

    with refusing_port() as port, pytest.raises(RuntimeError, match="could be opened"):
        asyncio.run(meet(port))
