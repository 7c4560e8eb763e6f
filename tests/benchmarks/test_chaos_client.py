"""The client that believes nothing, before servers that send given bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from benchmarks.chaos.behaviour import body
from benchmarks.chaos.client import Ask, Seen, Wire, ask_once
from benchmarks.chaos.service import field
from tests.refusing_port import refusing_port

Answer = Callable[[bytes], bytes]
BLUE = frozenset(("blue",))
HEAD = b"HTTP/1.1 200 OK\r\nx-model-version: blue\r\n"


def asked(answer: Answer, times: int = 1, closes: bool = True) -> list[Seen]:
    """Ask on one connection of a server that answers each head with `answer(token)`."""

    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(answer(field(head, b"x-token")))
                if closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has left
        finally:
            writer.close()
            ended.set()

    async def ask() -> list[Seen]:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            wire = Wire(server.sockets[0].getsockname()[1])
            found = []
            for _ in range(times):
                found.append(await wire.ask(Ask(), BLUE))
                await asyncio.sleep(0.02)  # an end of the connection has come by then
            wire.close()
            await asyncio.wait_for(ended.wait(), 60)
            await asyncio.sleep(0)  # the loop closes what was just told to close
            return found

    return asyncio.run(ask())


def sized(content: bytes) -> bytes:
    """Frame a body by its length."""
    return HEAD + b"content-length: %d\r\n\r\n%b" % (len(content), content)


def chunked(content: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Frame a body in two chunks."""
    parts = (content[:7], content[7:])
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunks + end


@pytest.mark.parametrize("framed", [sized, chunked])
def test_a_whole_answer_of_the_right_version_is_no_failure(framed: Answer) -> None:
    """And says who gave it."""
    (seen,) = asked(lambda token: framed(body(b"blue", token, 100)))
    assert (seen.status, seen.version, seen.failure) == (200, "blue", "")
    assert seen.took > 0


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda token: sized(body(b"blue", token, 100))[:-5], "cut short"),
        (lambda token: chunked(body(b"blue", token, 100), end=b""), "closed without an answer"),
        (lambda token: sized(body(b"blue", token, 100)[:-5]), "looks whole"),
        (lambda token: sized(body(b"blue", b"t0", 100)), "looks whole"),
        (lambda token: sized(body(b"green", token, 100)), "looks whole"),
        (lambda token: sized(b"").replace(b"blue", b"green"), "could not have answered"),
        (lambda token: HEAD + b"\r\n" + body(b"blue", token, 100), "without framing"),
        (lambda token: sized(b"").replace(b"200 OK", b"503 No"), "status 503"),
        (lambda token: b"", "closed without an answer"),
    ],
)
def test_anything_else_is_a_failure(answer: Answer, why: str) -> None:
    """An answer that looks whole but is cut, or another's, is the worst of them."""
    (seen,) = asked(answer)
    assert why in seen.failure


def test_a_connection_closed_while_nothing_was_asked_is_opened_anew() -> None:
    """As a server may; nothing was lost by it."""
    seen = asked(lambda token: sized(body(b"blue", token, 100)), times=3)
    assert [one.failure for one in seen] == ["", "", ""]


def test_a_connection_is_kept() -> None:
    """The second request finds the server where the first left it."""
    seen = asked(lambda token: sized(body(b"blue", token, 100)), times=2, closes=False)
    assert [one.failure for one in seen] == ["", ""]


def test_nobody_there_is_a_failure_too() -> None:
    """It is not raised."""
    with refusing_port() as port:
        seen = asyncio.run(ask_once(port, Ask(), BLUE))
    assert (seen.status, seen.version) == (0, "")
    assert seen.failure
