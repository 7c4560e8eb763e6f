"""Answers of services are held to the rules, and only a sound connection is used again."""

from __future__ import annotations

import pytest

from gateway.http.message import UNTIL_CLOSE
from tests.proxy.peer import OK, Peer, field, until
from tests.proxy.stage import Stage
from tests.proxy.upstream_talk import EVENTS, GET, LONG, H, ask


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"x",
        OK + OK,
        OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        OK.replace(b"1.1", b"1.0"),
        H + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + OK,
    ],
)
async def test_an_answer_after_which_the_connection_is_not_used_again(stage: Stage, answer: bytes) -> None:
    """More bytes than the answer, or one that says it is the last: the answer itself is good."""
    blue, gateway, client, service = await stage.exchange(GET)
    await service.send(answer)
    assert (await client.answer())[1] == b"ok"
    assert await service.end() == b""
    await client.send(GET)
    again = await blue.accepted()
    await again.head()
    await again.send(OK)
    assert (await client.answer())[1] == b"ok"
    assert gateway.outcomes() == {"ok": 2}


async def test_bytes_that_nobody_asked_for_end_an_idle_connection(stage: Stage) -> None:
    """They can never become the answer to the next request."""
    blue, gateway, client, service = await stage.exchange(GET)
    await service.send(OK)
    await client.answer()
    await service.send(H + b"Content-Length: 6\r\n\r\npoison")
    (backend,) = gateway.context.pool._backends.values()
    await until(lambda: not backend.endpoints[0].idle)
    await client.send(GET)
    again = await blue.accepted()
    await again.head()
    await again.send(OK)
    assert (await client.answer())[1] == b"ok"


async def event(service: Peer, framing: str, data: bytes) -> None:
    """Send one event as the service's framing has it."""
    await service.send(b"%x\r\n%b\r\n" % (len(data), data) if framing == "chunked" else data)


@pytest.mark.parametrize("size", [1, 20, 100_000])
@pytest.mark.parametrize("framing", EVENTS)
async def test_events_are_passed_on_as_they_come(stage: Stage, framing: str, size: int) -> None:
    """Each is read by the client before the service makes the next one, down to single bytes."""
    _, _, client, service = await stage.exchange(GET)
    await service.send(EVENTS[framing])
    assert field(await client.head(), "transfer-encoding") == "chunked"
    for number in range(20):
        data = bytes([65 + number]) * size
        await event(service, framing, data)
        received = b""
        while len(received) < size:
            length = int((await client.reader.readuntil(b"\r\n"))[:-2], 16)
            received += await client.exactly(length)
            assert await client.exactly(2) == b"\r\n"
        assert received == data
    await service.send(b"0\r\n\r\n" if framing == "chunked" else b"")
    service.half_close()
    assert await client.exactly(5) == b"0\r\n\r\n"


@pytest.mark.parametrize("framing", EVENTS)
async def test_a_client_that_is_gone_ends_the_stream_at_once(stage: Stage, framing: str) -> None:
    """The service need not send another event to learn of it."""
    _, gateway, client, service = await stage.exchange(GET)
    await service.send(EVENTS[framing])
    await client.head()
    client.reset()
    assert await service.end() == b""
    assert gateway.outcomes() == {"disconnected": 1}


def test_it_is_known_whether_an_answer_has_begun() -> None:
    """One byte is enough: a request that was begun to be answered may have been acted on."""
    for beginning in (b"", b"H", b"HTTP/1.1 100 Continue\r\n\r\n", LONG[:-3]):
        connection, asker, _ = ask()
        assert connection.reused
        assert not connection.answered
        if beginning:
            connection.data_received(beginning)
        assert connection.answered == bool(beginning)
        connection.connection_lost(None)
        assert asker.why
        assert connection.reused == (not beginning)


def test_the_end_of_the_connection_ends_only_an_answer_without_a_length() -> None:
    """Its framing says so."""
    connection, asker, _ = ask()
    connection.data_received(H + b"\r\nbody")
    assert asker.told[0].framing == UNTIL_CLOSE
    connection.eof_received()
    connection.connection_lost(None)
    assert (asker.body, asker.complete) == (b"body", True)


def test_a_connection_that_is_cut_ends_no_answer() -> None:
    """Over TLS a cut connection is lost without an error, but without the other side's word either."""
    connection, asker, _ = ask()
    connection.data_received(H + b"\r\nbody")
    connection.connection_lost(None)
    assert not asker.complete
    assert asker.why
