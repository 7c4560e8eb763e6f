"""The recording service notes what it is sent, whole or not."""

from __future__ import annotations

import asyncio

from tests.corpus.conftest import CorpusStage
from tests.corpus.recorder import Recorder
from tests.proxy.peer import until

LENGTH = b"POST /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nok"
CHUNKS = b"POST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


async def test_it_notes_complete_requests_and_their_bytes(stage: CorpusStage) -> None:
    """Bodies by length and by chunks; a half one is on the wire only."""
    recorder = Recorder()
    await recorder.listen()
    client = await stage.client(recorder.port)
    await client.send(LENGTH + CHUNKS)
    for _ in range(2):
        assert (await client.head()).startswith(b"HTTP/1.1 200 OK")
    await client.send(LENGTH[:-1])
    await client.leave()
    await until(lambda: len(recorder.wire) == 3 and recorder.bytes_seen().endswith(b"\r\n\r\no"))
    assert [(one.line, one.body) for one in recorder.requests] == [
        (b"POST /1 HTTP/1.1", b"ok"),
        (b"POST /2 HTTP/1.1", b"ok"),
    ]
    assert b"".join(recorder.complete) == LENGTH + CHUNKS
    recorder.forget()
    assert (recorder.requests, recorder.wire, recorder.complete) == ([], [], [])
    await recorder.close()


async def test_a_length_that_is_none_counts_as_a_request(stage: CorpusStage) -> None:
    """A proxy that passes it on has forwarded something."""
    recorder = Recorder()
    await recorder.listen()
    client = await stage.client(recorder.port)
    await client.send(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
    assert await client.end() == b""
    assert len(recorder.requests) == 1
    await asyncio.wait_for(recorder.close(), 5)
