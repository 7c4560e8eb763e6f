"""A stream as a transport: what it tells the client connection behind it, and what it holds back."""

from __future__ import annotations

import asyncio
import socket
from typing import cast

from gateway.http.h2_translate import RequestBytes
from gateway.proxy.http2 import Http2Connection
from gateway.proxy.http2_frames import INTERNAL_ERROR, PREFACE, WINDOW_UPDATE
from gateway.proxy.http2_library import STREAM_WINDOW
from gateway.proxy.http2_stream import HIGH_WATER, LOW_WATER, Carrier, StreamTransport
from tests.proxy.http2_talk import GET, INITIAL_WINDOW_SIZE, POST, Http2Client, http2, setting, window
from tests.proxy.peer import OK, Peer, until
from tests.proxy.stage import Gateway, Stage
from tests.tls_files import Authority


class Recorder:
    """Stands for the streams of a connection: keeps what a stream asks of them."""

    def __init__(self, gateway: Gateway) -> None:
        self.context = gateway.context
        self.transport = self
        self.did: list[tuple[object, ...]] = []

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("192.0.2.7", 1) if name == "peername" else default

    def acknowledge(self, stream_id: int, size: int) -> None:
        self.did.append(("acknowledge", stream_id, size))

    def send_head(self, stream: StreamTransport, fields: object, *, ended: bool) -> None:
        self.did.append(("head", fields, ended))

    def send_answer(self, stream: StreamTransport) -> None:
        self.did.append(("answer", stream.get_write_buffer_size(), stream.whole))

    def reset(self, stream: StreamTransport, code: int) -> None:
        self.did.append(("reset", code))


async def a_stream(stage: Stage) -> tuple[StreamTransport, Recorder]:
    """Return a stream whose request has begun."""
    recorder = Recorder(await stage.gateway(blue=await stage.service()))
    request = RequestBytes()
    request.head(GET, True)
    return StreamTransport(cast(Carrier, recorder), 1, request), recorder


async def test_an_answer_is_read_however_it_is_written(stage: Stage) -> None:
    """Byte by byte, and with heads in between."""
    stream, recorder = await a_stream(stage)
    for number in b"HTTP/1.1 103 \r\na: b\r\n\r\n" + OK:
        stream.write(bytes((number,)))
    assert recorder.did == [
        ("head", [(b":status", b"103"), (b"a", b"b")], False),
        ("head", [(b":status", b"200"), (b"content-length", b"2")], False),
        ("answer", 1, False),
        ("answer", 2, True),
    ]
    stream.lost()


async def test_nothing_follows_a_whole_answer(stage: Stage) -> None:
    """Nor does anything once the stream is over."""
    stream, recorder = await a_stream(stage)
    stream.write(OK)
    did = list(recorder.did)
    stream.write(OK)
    assert recorder.did == did
    stream.lost()
    stream.write(OK)
    stream.feed(b"GET / HTTP/1.1\r\n")
    stream.abort()
    assert recorder.did == did


async def test_closed_in_the_middle(stage: Stage) -> None:
    """Half an answer is reset, a whole one goes on to its end."""
    stream, recorder = await a_stream(stage)
    stream.write(OK[:-1])
    assert not stream.is_closing()
    stream.close()
    assert stream.is_closing()
    assert recorder.did[-1] == ("reset", INTERNAL_ERROR)
    stream.lost()
    stream, recorder = await a_stream(stage)
    stream.write(OK)
    stream.close()
    assert recorder.did[-1] == ("answer", 2, True)
    stream.lost()


async def test_a_stream_has_no_socket_of_its_own(stage: Stage) -> None:
    """What is asked of the connection is answered by it; its socket is out of reach."""
    stream, _ = await a_stream(stage)
    assert stream.get_extra_info("peername") == ("192.0.2.7", 1)
    assert stream.get_extra_info("cipher", 3) == 3
    assert stream.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"") is None
    assert not stream.can_write_eof()
    stream.lost()


async def test_bytes_are_credited_once_reading_goes_on(stage: Stage) -> None:
    """Or once the stream is over, since the connection's window is everybody's."""
    stream, recorder = await a_stream(stage)
    stream.consumed(5)
    stream.pause_reading()
    stream.consumed(7)
    stream.consumed(8)
    assert recorder.did == [("acknowledge", 1, 5)]
    stream.resume_reading()
    stream.pause_reading()
    stream.consumed(9)
    assert recorder.did[1:] == [("acknowledge", 1, 15)]
    stream.over = True
    stream.consumed(0)
    assert recorder.did[2:] == [("acknowledge", 1, 9)]
    stream.lost()


async def read_until(client: Http2Client, size: int) -> None:
    """Read until so much of stream 1's body has come."""
    while 1 not in client.answers or len(client.answers[1].body) < size:
        assert await client.next()


async def test_a_slow_reader_costs_bounded_memory(stage: Stage, ca: Authority) -> None:
    """While its window is shut the service is not read; what is in between stays small."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    size = 4_000_000
    async with http2(gateway, ca, hello=PREFACE + setting(INITIAL_WINDOW_SIZE, 1000)) as client:
        client.write(client.head(1, GET))
        peer = await service.accepted()
        await peer.head()
        sending = asyncio.create_task(
            peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size)
        )
        await read_until(client, 1000)
        (connection,) = gateway.context.clients
        assert isinstance(connection, Http2Connection)
        stream = connection._streams.open[1]
        await until(lambda: not stream.client.writable)
        held = stream.get_write_buffer_size()
        assert HIGH_WATER < held < 1_000_000
        client.write(window(0, 2**30), window(1, held - LOW_WATER))
        await read_until(client, 1000 + held - LOW_WATER)
        client.write(window(1, 2**30))
        await sending
        answer = await client.answer(1)
        assert len(answer.body) == size


def window_left(client: Http2Client, sent: int) -> int:
    """Return what the gateway lets a client still send on stream 1."""
    updates = [got for got in client.frames if got.kind == WINDOW_UPDATE and got.stream_id == 1]
    return STREAM_WINDOW + sum(int.from_bytes(got.content, "big") for got in updates) - sent


async def send_piece(client: Http2Client, piece: bytes, sent: int) -> int:
    """Send a piece once the window lets it, and return how much was sent then."""
    while window_left(client, sent) < len(piece):
        assert await client.next()
    client.write(client.data(1, piece))
    return sent + len(piece)


async def read_chunked(peer: Peer) -> int:
    """Return the number of x in a chunked body."""
    count, end = 0, b""
    while end != b"0\r\n\r\n":
        data = await peer.reader.read(1 << 20)
        count += data.count(b"x")
        end = (end + data)[-5:]
    return count


async def test_a_slow_service_holds_back_the_client(stage: Stage, ca: Authority) -> None:
    """The client's window is not opened further than the service takes; then all of it passes."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    piece, whole = b"x" * 16_000, 40_000_000
    async with http2(gateway, ca) as client:
        client.write(client.head(1, POST, ended=False))
        peer = await service.accepted()
        await peer.head()
        cast(asyncio.ReadTransport, peer.writer.transport).pause_reading()
        (connection,) = gateway.context.clients
        assert isinstance(connection, Http2Connection)
        stream = connection._streams.open[1]
        sent = 0
        while not stream._paused:
            sent = await send_piece(client, piece, sent)
            await asyncio.sleep(0)
        while window_left(client, sent) >= len(piece):
            sent = await send_piece(client, piece, sent)
        assert sent < whole
        cast(asyncio.ReadTransport, peer.writer.transport).resume_reading()
        reading = asyncio.create_task(read_chunked(peer))
        while sent < whole:
            sent = await send_piece(client, piece, sent)
        client.write(client.data(1, b"", ended=True))
        assert await reading == whole
        await peer.send(OK)
        assert (await client.answer(1)).body == b"ok"
