"""The small service that can misbehave, asked over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from benchmarks.chaos.behaviour import Behaviour, body, to_json
from benchmarks.chaos.service import Service, field

ASK = b"GET / HTTP/1.1\r\nhost: a\r\nx-token: t1\r\n\r\n"


@asynccontextmanager
async def talk(behaviour: Behaviour) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve in this loop, with one client connected."""
    async with await asyncio.start_server(Service(behaviour).serve, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        yield reader, writer
        writer.close()
        await writer.wait_closed()


def answered(behaviour: Behaviour, request: bytes = ASK) -> bytes:
    """Return all that comes of one request to a service that then closes."""

    async def ask() -> bytes:
        async with talk(behaviour) as (reader, writer):
            writer.write(request)
            return await asyncio.wait_for(reader.read(), 60)

    return asyncio.run(ask())


def test_it_answers_with_its_name_and_the_token() -> None:
    """Framed by the end of the connection here; the body is the one that clients look for."""
    head, _, content = answered(Behaviour("blue", framing="close")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert content == body(b"blue", b"t1", 200)


def test_it_answers_byte_by_byte() -> None:
    """The same bytes in the end."""
    whole = answered(Behaviour("blue", framing="close"))
    assert answered(Behaviour("blue", framing="close", piece=1, pause=0.0001)) == whole


def test_it_fails_as_often_as_it_is_told() -> None:
    """All of the time, with that status."""
    assert answered(Behaviour("blue", framing="close", errors=100, status=503)).startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize("where", ["cut_head", "cut_body"])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_a_cut_answer_ends_with_a_reset(where: str, framing: str) -> None:
    """Not with an end that a body without framing could be taken to have."""
    behaviour = Behaviour("blue", framing=framing, **{where: 100.0})  # type: ignore[arg-type]
    with pytest.raises(ConnectionResetError):
        answered(behaviour)


def test_it_counts_and_takes_another_behaviour() -> None:
    """Requests on its own paths are not counted."""

    async def ask() -> dict[str, Any]:
        async with talk(Behaviour("blue")) as (reader, writer):
            post = ASK.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\ncontent-length: 2\r\n\r\nt1")
            writer.write(ASK + post + post)
            for _ in range(3):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(field(head, b"content-length")))
            content = to_json(Behaviour("blue", errors=100)).encode()
            writer.write(b"PUT /-/ HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(content), content))
            head = await reader.readuntil(b"\r\n\r\n")
            counts: dict[str, Any] = json.loads(await reader.readexactly(int(field(head, b"content-length"))))
            writer.write(ASK)
            assert (await reader.readline()).startswith(b"HTTP/1.1 500 ")
            return counts

    counts = asyncio.run(ask())
    assert (counts["attempts"], counts["posts"], counts["posted_twice"]) == (3, ["t1"], ["t1"])


def test_a_large_answer_is_streamed_whole() -> None:
    """It is never in memory as a whole, and has the length it says."""
    size = 3_000_000

    async def ask() -> bytes:
        async with talk(Behaviour("blue", size=size)) as (reader, writer):
            writer.write(ASK)
            head = await reader.readuntil(b"\r\n\r\n")
            assert int(field(head, b"content-length")) == size
            return await asyncio.wait_for(reader.readexactly(size), 60)

    assert asyncio.run(ask()) == body(b"blue", b"t1", size)


def test_no_more_are_worked_on_at_once_than_it_has_slots() -> None:
    """Four requests in two slots take twice as long as one."""

    async def ask() -> float:
        loop = asyncio.get_running_loop()
        service = Service(Behaviour("blue", slots=2, delay=0.05))
        async with await asyncio.start_server(service.serve, "127.0.0.1", 0) as server:
            began = loop.time()

            async def one() -> None:
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                writer.write(ASK)
                await reader.readuntil(b"|end")
                writer.close()
                await writer.wait_closed()

            await asyncio.gather(*(one() for _ in range(4)))
            return loop.time() - began

    assert asyncio.run(ask()) >= 0.1


def test_a_field_is_found_whatever_its_case() -> None:
    """Empty where there is none."""
    head = b"HTTP/1.1 200 OK\r\nX-Model-Version: blue\r\n\r\n"
    assert field(head, b"x-model-version") == b"blue"
    assert field(head, b"content-length") == b""
