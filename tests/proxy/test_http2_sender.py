"""What goes out on an HTTP/2 connection: together, as far as windows reach, and fairly."""

from __future__ import annotations

import asyncio

from gateway.proxy.http2_frames import DATA, HEADERS, PREFACE
from gateway.proxy.http2_sender import LARGE
from tests.proxy.http2_talk import GET, INITIAL_WINDOW_SIZE, http2, setting, window
from tests.proxy.peer import OK, until
from tests.proxy.stage import Stage
from tests.tls_files import Authority

BIG = 200_000
BIG_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % BIG + b"x" * BIG


async def test_streams_take_turns(stage: Stage, ca: Authority) -> None:
    """A window of the connection that opens bit by bit is not used up by the first stream."""
    gateway = await stage.gateway(blue=await stage.service(BIG_ANSWER))
    async with http2(gateway, ca, hello=PREFACE + setting(INITIAL_WINDOW_SIZE, 2**31 - 1)) as client:
        client.write(client.head(1, GET), client.head(3, GET))
        while {1, 3} - client.answers.keys():
            await client.next()
        got = {1: 0, 3: 0}
        while min(got.values()) < BIG:
            client.write(window(0, 40_000))
            before = sum(got.values())
            while sum(got.values()) < min(before + 40_000, 2 * BIG):
                await client.next()
                got = {number: len(client.answers[number].body) for number in got}
            assert abs(got[1] - got[3]) <= 65_535 + 40_000 + LARGE
        assert all([(await client.answer(number)).reset is None for number in got])


async def test_an_answer_ends_without_another_frame(stage: Stage, ca: Authority) -> None:
    """The last frame of data says that it is the last."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        await client.ask(1, GET)
    assert [got.kind for got in client.frames if got.stream_id == 1] == [HEADERS, DATA]


async def test_a_client_that_does_not_read_is_waited_for(stage: Stage, ca: Authority) -> None:
    """Its windows are wide open, but the network takes no more: nothing piles up, then all comes."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    hello = PREFACE + setting(INITIAL_WINDOW_SIZE, 2**31 - 1) + window(0, 2**30)
    size = 30_000_000
    async with http2(gateway, ca, hello=hello) as client:
        client.write(client.head(1, GET))
        peer = await service.accepted()
        await peer.head()
        client.read(False)
        head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size
        sending = asyncio.create_task(peer.send(head + b"x" * size))
        (connection,) = gateway.context.clients
        await until(lambda: connection._streams.sender.blocked)  # type: ignore[attr-defined]
        held = connection.transport.get_write_buffer_size()  # type: ignore[attr-defined]
        assert held < 2_000_000
        client.read(True)
        got = 0
        while got < size:
            frame = await client.next()
            assert frame is not None
            if frame.kind == DATA:
                got += len(frame.content)
                client.answers[1] = client.answers[1]._replace(body=b"")
        await sending
