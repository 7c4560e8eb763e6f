"""Every answer of the corpus from a service: 502, cut or forwarded, and whose connection is used again."""

from __future__ import annotations

import asyncio

import pytest

from tests.corpus.cases import CUT, FORWARD, AnswerCase, answers
from tests.corpus.conftest import CorpusStage
from tests.proxy.peer import OK, Peer, field
from tests.proxy.stage import Gateway, Service

CASES = answers()
PIECES = 12
SHORT = 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_the_verdict(stage: CorpusStage, case: AnswerCase) -> None:
    """The client gets all of a good answer and not one byte of a bad one."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    await judge(stage, blue, gateway, case, len(case.data))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_the_verdict_is_as_good_in_two_pieces(stage: CorpusStage, case: AnswerCase) -> None:
    """Wherever the cut is; where the head was out already a broken body cuts the answer."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    step = 1 if len(case.data) <= SHORT else max(1, len(case.data) // PIECES)
    for cut in range(1, len(case.data), step):
        await judge(stage, blue, gateway, case, cut)


async def judge(stage: CorpusStage, blue: Service, gateway: Gateway, case: AnswerCase, cut: int) -> None:
    """Send the answer in two pieces; assert what the client gets and which connection is used next."""
    client = await stage.client(gateway.port)
    await client.send(request(case.method))
    service = await blue.accepted()
    await service.head()
    service.writer.write(case.data[:cut])
    for _ in range(3):
        await asyncio.sleep(0)
    service.writer.write(case.data[cut:])
    if case.closes:
        service.half_close()
    if case.verdict == FORWARD:
        await forwarded(client, case)
    else:
        await refused(client, case, in_pieces=cut < len(case.data))
        client = await stage.client(gateway.port)
    await next_request(blue, client, service, reused=case.reused)
    gateway.context.pool._backends["blue"].endpoints[0].close()  # the next case has a connection of its own


def request(method: str) -> bytes:
    """Return a request."""
    length = "Content-Length: 0\r\n" if method == "POST" else ""
    return f"{method} / HTTP/1.1\r\nHost: x\r\n{length}\r\n".encode()


async def forwarded(client: Peer, case: AnswerCase) -> None:
    """Assert that the client gets the answer, whole."""
    head = await client.head()
    while head.startswith(b"HTTP/1.1 1"):
        assert field(head, "content-length") is None
        head = await client.head()
    status = int(head[9:12])
    sent = next(line for line in case.data.split(b"\r\n") if line[9:12] == b"%d" % status)
    assert head.split(b"\r\n")[0][8:] == sent[8:].ljust(5)  # a status ends with a space, reason or not
    assert (field(head, "x-model-version"), field(head, "transfer_encoding")) == ("blue", None)
    if case.method == "HEAD" or status in (204, 304):
        body = b""
    elif field(head, "transfer-encoding"):
        body = await client.chunks()
    else:
        body = await client.exactly(int(field(head, "content-length") or 0))
    assert body == case.gets


async def refused(client: Peer, case: AnswerCase, *, in_pieces: bool) -> None:
    """Assert that the client gets a 502, or a body that is seen to be cut."""
    head = await client.head()
    while head.startswith(b"HTTP/1.1 103"):
        head = await client.head()
    if case.verdict == 502 and head.startswith(b"HTTP/1.1 502 "):
        body = b"" if case.method == "HEAD" else await client.exactly(int(field(head, "content-length") or 0))
        assert case.method == "HEAD" or b'"service": "blue"' in body
        return
    assert case.verdict == CUT or (in_pieces and case.id.startswith("chunk-")), head
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await whole_body(client, head)


async def whole_body(client: Peer, head: bytes) -> None:
    """Read a body to its end."""
    if field(head, "transfer-encoding"):
        await client.chunks()
    else:
        await client.exactly(int(field(head, "content-length") or 0))


async def next_request(blue: Service, client: Peer, service: Peer, *, reused: bool) -> None:
    """Assert that the next request is answered, on the connection it should be on."""
    await client.send(request("GET"))
    again = service if reused else await blue.accepted()
    await again.head()
    await again.send(OK)
    head, body = await client.answer()
    assert (head[:15], body) == (b"HTTP/1.1 200 OK", b"ok")
