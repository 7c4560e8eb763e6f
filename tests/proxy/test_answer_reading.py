"""How answers are read: held to the same rules as requests, wherever they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.message import CHUNKED
from gateway.proxy.answer_reading import MAX_ANSWER_HEAD
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Stage
from tests.proxy.upstream_talk import EVENTS, GET, LONG, H, ask

MALFORMED = {
    "no answer": b"nonsense\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "RTSP": b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "an empty line before it": b"\r\n" + OK,
    "two lengths": H + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "two equal lengths": H + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    "length and coding": H + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding and length": H + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    "coding twice": H + b"Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding in two lines": H + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": H + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding without an end": H + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "a signed length": H + b"Content-Length: -1\r\n\r\n",
    "an octal length": H + b"Content-Length: 010\r\n\r\n12345678",
    "a fold": H + b"A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "a bare LF": H + b"A: b\nContent-Length: 0\r\n\r\n",
    "a space before the colon": H + b"Content-Length : 0\r\n\r\n",
    "NUL": H + b"A: \0\r\nContent-Length: 0\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n",
    "a status of zeros": b"HTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n",
    "a switch of protocols": b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "a switch without fields": b"HTTP/1.1 101 Switching\r\n\r\n",
    "a protected field nominated": H + b"Connection: Content-Length\r\nContent-Length: 2\r\n\r\nok",
    "a long head in one piece": H + b"A: " + b"a" * MAX_ANSWER_HEAD + b"\r\n\r\n",
    "a head without end": H + b"A: " + b"a" * (MAX_ANSWER_HEAD + 100),
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_answer_is_502_and_its_connection_is_given_up(stage: Stage, case: str) -> None:
    """Not one byte of it reaches the client, and the next request takes another connection."""
    blue, gateway, client, service = await stage.exchange(GET)
    service.writer.write(MALFORMED[case])
    head, body = await client.answer()
    assert head.startswith(b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: application/problem+json")
    assert b'"service": "blue"' in body
    assert field(head, "connection") is None
    await client.send(GET)
    again = await blue.accepted()
    await again.head()
    await again.send(OK)
    assert (await client.answer())[1] == b"ok"
    assert gateway.outcomes() == {"ok": 1, "bad_gateway": 1}


@pytest.mark.parametrize("body", [b"zz\r\n", b"1\r\nab\r\n", b"1\nab", b"0\r\n" + b"t: v\r\n" * 9000])
async def test_a_broken_chunk_cuts_the_answer(stage: Stage, body: bytes) -> None:
    """Its head is out already, so the client's connection ends before the last chunk."""
    _, gateway, client, service = await stage.exchange(GET)
    await service.send(H + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
    assert field(await client.head(), "transfer-encoding") == "chunked"
    assert await client.exactly(7) == b"2\r\nok\r\n"
    service.writer.write(body)
    with pytest.raises(ConnectionResetError):
        assert not await client.end()
    assert gateway.outcomes() == {"bad_gateway": 1}


async def test_an_answer_may_come_byte_by_byte(stage: Stage) -> None:
    """Interim answers, head, chunks and trailers, every byte alone."""
    _, _, client, service = await stage.exchange(GET)
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
    for byte in interim + H + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nt: v\r\n\r\n":
        await service.send(bytes([byte]))
        await until(lambda: True)
    assert await client.head() == interim
    assert (await client.answer())[1] == b"ok"
    await client.send(GET)
    await service.head()  # on the same connection


@pytest.mark.parametrize("framing", [b"Content-Length: 9", b"Transfer-Encoding: chunked"])
async def test_interim_answers_lose_what_speaks_of_a_body(stage: Stage, framing: bytes) -> None:
    """They have none; a client that believed them would misread the answer."""
    blue = await stage.service(b"HTTP/1.1 103 Hints\r\n" + framing + b"\r\n\r\n" + OK)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    assert await client.head() == b"HTTP/1.1 103 Hints\r\n\r\n"
    assert (await client.answer())[1] == b"ok"


async def test_pieces_of_a_chunk_are_passed_on_before_it_is_whole(stage: Stage) -> None:
    """A chunk may be as long as the whole answer; its bytes do not wait for each other."""
    _, _, client, service = await stage.exchange(GET)
    await service.send(EVENTS["chunked"] + b"fffff\r\n")
    await client.head()
    for byte in b"data: 1\n\n":
        await service.send(bytes([byte]))
        assert await client.exactly(6) == b"1\r\n%c\r\n" % byte


@given(st.lists(st.integers(0, 600), max_size=6))
def test_a_head_may_be_cut_anywhere(cuts: list[int]) -> None:
    """The answer is the same in however many pieces it comes."""
    stream = b"HTTP/1.1 103 Hints\r\nLink: a\r\n\r\n" * 2 + LONG
    connection, asker, _ = ask()
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), len(stream)], strict=True):
        if stream[start:stop]:
            connection.data_received(stream[start:stop])
    assert len(asker.heads) == 2
    assert asker.told[0].head == LONG[: LONG.index(b"\r\n\r\n") + 4]
    assert asker.told[0].framing == CHUNKED
    assert (asker.body, asker.complete) == (b"hello", True)


def test_a_switch_that_nobody_takes_over_ends_the_connection() -> None:
    """Otherwise its bytes would be read as those of an idle connection."""
    connection, asker, wire = ask(b"tcp")
    connection.data_received(b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: tcp\r\n\r\n")
    assert asker.heads == [b"HTTP/1.1 101 S\r\nconnection: upgrade\r\nupgrade: tcp\r\n\r\n"]
    assert wire.closed


def test_a_switch_before_the_request_is_read_is_refused() -> None:
    """Whoever answers that fast answers something else."""
    connection, asker, _ = ask(b"tcp")
    connection.pause_writing()
    connection.data_received(b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: tcp\r\n\r\n")
    assert "before it has read" in asker.why
