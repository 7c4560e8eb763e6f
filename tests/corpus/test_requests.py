"""Every request of the corpus against a worker, whole and in pieces: refused or forwarded as it says."""

from __future__ import annotations

import asyncio
import re

import pytest

from gateway.routing.settings import Limits
from tests.corpus.cases import Case, Seen, requests
from tests.corpus.conftest import CorpusStage
from tests.corpus.recorder import Recorded, Recorder
from tests.proxy.peer import Peer, field, until
from tests.proxy.stage import Gateway

CASES = requests()
SHORT = 120
"""Up to so many bytes a case is cut at every place."""
SAMPLE = 23
BYTEWISE = 400
QUICK = [case for case in CASES if case.status != 408]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_the_verdict(stage: CorpusStage, case: Case) -> None:
    """Of a refused request the service does not see one byte, of a forwarded one everything."""
    gateway, recorder = await stage.recorded()
    client = await stage.client(gateway.port)
    await client.send(case.data)
    await judge(gateway, recorder, client, case)
    if case.status is not None:
        assert len(recorder.wire) == len(case.sees), recorder.bytes_seen()


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.id)
async def test_the_verdict_is_the_same_in_two_pieces(stage: CorpusStage, case: Case) -> None:
    """Wherever the cut is; the service may have seen a part of a body, never a complete request."""
    gateway, recorder = await stage.recorded()
    for cut in cuts(case.data):
        recorder.forget()
        client = await stage.client(gateway.port)
        await client.send(case.data[:cut])
        await received()
        await client.send(case.data[cut:])
        await judge(gateway, recorder, client, case)
        no_body_of_a_bad_head(recorder, case)


@pytest.mark.parametrize(
    "case", [case for case in QUICK if len(case.data) <= BYTEWISE], ids=lambda case: case.id
)
async def test_the_verdict_is_the_same_byte_by_byte(stage: CorpusStage, case: Case) -> None:
    """Each byte in a packet of its own."""
    gateway, recorder = await stage.recorded()
    client = await stage.client(gateway.port)
    for n in range(len(case.data)):
        await client.send(case.data[n : n + 1])
        await received()
    await judge(gateway, recorder, client, case)
    no_body_of_a_bad_head(recorder, case)


def cuts(data: bytes) -> list[int]:
    """Return where to cut: everywhere in a short case, else at a sample that has the line ends."""
    if len(data) <= SHORT:
        return list(range(1, len(data)))
    step = max(1, len(data) // SAMPLE)
    ends = [found.end() - 1 for found in re.finditer(rb"\r\n", data)][:SAMPLE]
    return sorted({*range(1, len(data), step), *ends})


async def received() -> None:
    """Let the gateway read what was sent: the loop looks at its sockets once in every turn."""
    for _ in range(3):
        await asyncio.sleep(0)


async def judge(gateway: Gateway, recorder: Recorder, client: Peer, case: Case) -> None:
    """Assert that the client is answered, and the service asked, as the case says."""
    for _ in case.sees:
        assert (await final_head(client)).startswith(b"HTTP/1.1 200 ")
    if case.status == 408:
        await until(lambda: any(one._head_since for one in gateway.clients))
        gateway.tick(Limits().head_timeout + 1)
    if case.status is not None:
        head, body = await client.answer()
        assert head.startswith(b"HTTP/1.1 %d " % case.status), head + body
        assert field(head, "connection") == "close"
        assert await client.end() == b""
    assert len(recorder.requests) == len(case.sees), recorder.bytes_seen()
    for request, seen in zip(recorder.requests, case.sees, strict=True):
        intact(request, seen)
    await client.close()


async def final_head(client: Peer) -> bytes:
    """Return the head of the next answer that is no interim one."""
    head = await client.head()
    return await final_head(client) if head.startswith(b"HTTP/1.1 1") else head


def intact(request: Recorded, seen: Seen) -> None:
    """Assert that the service saw what it must have seen."""
    assert request.line == seen.line
    for name, value in seen.fields.items():
        assert request.fields.get(name) == [value], name
    for name in seen.absent:
        assert name not in request.fields
    assert not any("_" in name for name in request.fields)
    assert seen.body is None or request.body == seen.body


def no_body_of_a_bad_head(recorder: Recorder, case: Case) -> None:
    """Assert that of a request whose head is bad the service has not even heard."""
    body_is_bad = case.id.startswith(("chunk-", "trailer-"))
    if case.status is not None and not body_is_bad:
        assert len(recorder.wire) == len(case.sees), recorder.bytes_seen()
