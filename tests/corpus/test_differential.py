"""What the gateway forwards is read by nginx and by HAProxy as the same requests as by the gateway."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corpus.cases import Case, requests
from tests.corpus.conftest import CorpusStage
from tests.corpus.peers import PROGRAMS, readers, require_programs, seen
from tests.corpus.recorder import Recorder
from tests.proxy.peer import Peer, until
from tests.proxy.stage import Gateway

CASES = [case for case in requests() if case.sees]
BASES = [case for case in requests() if case.id != "fair-options-star"]
ROUNDS, MUTANTS = 16, 250
ROUND_BOUND = 0.25
"""Seconds given to one mutant whose answer may never come, because its end does not."""
OTHERWISE = {
    ("nginx", "fair-options-star"): [b" "],
    ("haproxy", "fair-options-star"): [b"", b"GET /last"],
}
"""nginx refuses `OPTIONS *` with all that comes behind it; HAProxy reads one request and asks nginx."""
SPLICES = (
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b"\0",
    b":",
    b";",
    b",",
    b"0",
    b"5",
    b"_",
    b"%2e",
    b"/",
    b"\xff",
)
LINES = (
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"0\r\n\r\n",
    b"A: b\r\n",
)


@pytest.fixture(scope="module")
def sockets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """nginx and HAProxy, for the whole file."""
    require_programs()
    with readers(tmp_path_factory.mktemp("readers")) as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_the_corpus_is_read_as_the_same_requests(
    stage: CorpusStage, sockets: dict[str, Path], case: Case
) -> None:
    """Byte for byte as forwarded: as many, with the same methods and targets."""
    gateway, recorder = await stage.recorded()
    client = await stage.client(gateway.port)
    await client.send(case.data)
    for _ in case.sees:
        await client.head()
    await client.close()
    assert len(recorder.requests) == len(case.sees)
    await agree(sockets, recorder, case.id)


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_mutants_are_read_as_the_same_requests(
    stage: CorpusStage, sockets: dict[str, Path], seed: int
) -> None:
    """Of the corpus, changed at random: whatever of it is forwarded."""
    draw = random.Random(seed)
    gateway, recorder = await stage.recorded()
    for _ in range(MUTANTS):
        data = mutant(draw)
        client = await stage.client(gateway.port)
        await client.send(data + b"\r\n\r\n")
        client.half_close()
        await ended(client)
        await no_request_open(gateway)
    assert recorder.requests, "nothing of all that was forwarded"
    await agree(sockets, recorder)


def mutant(draw: random.Random) -> bytes:
    """Change a case of the corpus in one to three places."""
    data = draw.choice(BASES).data[:4000]
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(data) + 1)
        kind = draw.randrange(4)
        if kind == 0:
            data = data[:at] + draw.choice(SPLICES) + data[at:]
        elif kind == 1:
            data = data[:at] + data[at + draw.randint(1, 3) :]
        elif kind == 2:
            data = data[:at] + draw.choice(SPLICES) + data[at + 1 :]
        else:
            line = data.find(b"\r\n", at) + 2
            data = data[:line] + draw.choice(LINES) + data[line:]
    return data


async def ended(client: Peer) -> None:
    """Wait until the gateway has closed, or has had its time."""
    try:
        async with asyncio.timeout(ROUND_BOUND):
            await client.end()
    except (TimeoutError, OSError):
        pass  # it waits for the rest of a body, or was quicker to close than we to send
    await client.close()


async def no_request_open(gateway: Gateway) -> None:
    """Wait until the gateway has noticed that the client is gone."""
    await until(lambda: not gateway.context.clients)


async def agree(sockets: dict[str, Path], recorder: Recorder, case: str = "") -> None:
    """Assert that each reader makes the same requests of the same bytes."""
    forwarded = [bytes(wire) for wire in recorder.complete]
    expected = [b" ".join(request.line.split(b" ")[:2]) for request in recorder.requests]
    data = b"".join(forwarded)
    for name in PROGRAMS:
        read = await asyncio.to_thread(seen, sockets[name], data)
        assert read == OTHERWISE.get((name, case), [*expected, b"GET /last"]), name
