"""The comparison tells a refusal from a request let through and from a connection left open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from benchmarks import strictness
from benchmarks.strictness import INTACT, LOST, OPEN, REFUSED, THROUGH, _verdict
from tests.corpus.cases import Case, Seen
from tests.corpus.recorder import Recorder
from tests.waiting import BOUND

GOOD = b"HTTP/1.1 200 OK\r\nx-seen: 1\r\ncontent-length: 0\r\n\r\n"
BAD = b"HTTP/1.1 400 Bad Request\r\n\r\n"
HOSTILE = Case("a", b"x", 400, "RFC 1: x", ())
FAIR = Case("b", b"x", None, "RFC 1: x", (Seen(b"x", {}, (), None),))


@pytest.mark.parametrize(
    ("case", "answer", "closes", "verdict"),
    [
        (HOSTILE, BAD, True, REFUSED),
        (HOSTILE, BAD, False, REFUSED),
        (HOSTILE, b"", True, REFUSED),
        (HOSTILE, b"", False, OPEN),
        (HOSTILE, GOOD, False, THROUGH),
        (HOSTILE, BAD + GOOD, True, THROUGH),
        (FAIR, GOOD, False, INTACT),
        (FAIR, BAD, True, LOST),
        (FAIR, GOOD + GOOD, True, LOST),
    ],
)
def test_verdicts(
    case: Case, answer: bytes, closes: bool, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what was seen behind the server, what was answered and whether it closed."""

    def quiet_after(seconds: float) -> None:
        monkeypatch.setattr(strictness, "QUIET", seconds)

    quiet_after(BOUND if answer or closes else 0.05)
    assert asyncio.run(asked(case, answer, closes, quiet_after)) == verdict


async def asked(case: Case, answer: bytes, closes: bool, quiet_after: Callable[[float], None]) -> str:
    """Ask a server that says just this; once it has said all, what does not come is not waited for long."""
    ended = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        if not closes:
            quiet_after(0.05)
            await reader.read()
        writer.close()
        try:
            await writer.wait_closed()
        except ConnectionError:
            pass  # the comparison is quick to leave
        ended.set()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        verdict = await _verdict(server.sockets[0].getsockname()[1], Recorder(), case)
        await asyncio.wait_for(ended.wait(), BOUND)
    return verdict
