"""Floods of HTTP/2 frames, sent raw: each ends its connection long before it costs much, and no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from gateway.monitoring import tally
from gateway.proxy import http2_floods as floods
from gateway.proxy.http2_floods import Allowance, FloodGuard
from gateway.proxy.http2_frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    ENHANCE_YOUR_CALM,
    FRAME_SIZE_ERROR,
    GOAWAY,
    HEADERS,
    MOST_CONTINUATIONS,
    PING,
    PREFACE,
    PRIORITY,
    PROTOCOL_ERROR,
    SETTINGS,
    Broken,
    Frame,
)
from tests.proxy.http2_talk import (
    GET,
    INITIAL_WINDOW_SIZE,
    POST,
    Http2Client,
    frame,
    http2,
    reset,
    setting,
    window,
)
from tests.proxy.peer import OK, Peer
from tests.proxy.stage import Gateway, Service, Stage
from tests.tls_files import Authority

PADDED = 0x8
FLOW_CONTROL_ERROR = 3


def flooded(gateway: Gateway) -> int:
    """Return how many connections were ended for a flood."""
    return tally.read_state(gateway.places.tally(0)).hits[tally.LIMITS.index("http2_flood")]


# -- allowances --------------------------------------------------------------------------------------------


def test_an_allowance_is_so_many_at_once() -> None:
    """One more is a flood."""
    allowance = Allowance("cats", (3, 1), 0.0)
    for _ in range(3):
        allowance.take(0.0)
    with pytest.raises(Broken, match="more than 3 cats, and 1 each second") as refused:
        allowance.take(0.5)
    assert (refused.value.code, refused.value.flood) == (ENHANCE_YOUR_CALM, True)


def test_an_allowance_grows_with_time_up_to_its_limit() -> None:
    """What is not used in an hour is not saved for a flood."""
    allowance = Allowance("cats", (3, 1), 0.0)
    for second in range(1, 10):
        allowance.take(float(second))
    for _ in range(3):
        allowance.take(3600.0)
    with pytest.raises(Broken):
        allowance.take(3600.0)


def test_an_allowance_gets_back_no_more_than_it_had() -> None:
    """A thousand good deeds do not buy a flood."""
    allowance = Allowance("cats", (3, 1), 0.0)
    allowance.take(0.0)
    allowance.give_back(1000)
    for _ in range(3):
        allowance.take(0.0)
    with pytest.raises(Broken):
        allowance.take(0.0)


@given(st.lists(st.floats(0, 3), max_size=60))
def test_an_allowance_is_never_exceeded(pauses: list[float]) -> None:
    """In any stretch of time it gives at most twice its number and its rate."""
    allowance, now, taken = Allowance("cats", (5, 2), 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        try:
            allowance.take(now)
        except Broken:
            break
        taken += 1
    assert taken <= 2 * 5 + 2 * now


def test_fair_frames_are_not_counted() -> None:
    """Heads and bodies that are waited for come as often as they like."""
    guard = FloodGuard(0.0)
    for kind in (HEADERS, DATA):
        for _ in range(10_000):
            guard.frame(Frame(kind, 0, 1, 100, b""), True, 0.0)
    for _ in range(10_000):
        guard.data(floods.SMALL_DATA, 0.0)


# -- over the wire -----------------------------------------------------------------------------------------

Flood = Callable[[Http2Client], list[bytes]]


def open_post(client: Http2Client) -> bytes:
    """Begin a request whose body never ends."""
    return client.head(1, POST, ended=False)


FLOODS: dict[str, Flood] = {
    "SETTINGS": lambda _: [frame(SETTINGS, 0, 0)] * 100,
    "SETTINGS acknowledged": lambda _: [frame(SETTINGS, 1, 0)] * 100,
    "PING": lambda _: [frame(PING, 0, 0, bytes(8))] * 200,
    "PING acknowledged": lambda _: [frame(PING, 1, 0, bytes(8))] * 200,
    "PRIORITY": lambda _: [frame(PRIORITY, 0, 9, bytes(5))] * 300,
    "WINDOW_UPDATE": lambda _: [window(0, 1)] * 2000,
    "unknown frames": lambda _: [frame(200, 0, 0)] * 1000,
    "goodbyes": lambda c: [c.head(1, GET), *[frame(GOAWAY, 0, 0, bytes(8))] * 1000],
    "requests after goodbye": lambda c: [
        c.head(1, GET),
        frame(GOAWAY, 0, 0, bytes(8)),
        *[c.head(n, GET) for n in range(3, 1003, 2)],
    ],
    "empty DATA": lambda c: [open_post(c), *[c.data(1, b"")] * 100],
    "empty DATA with padding": lambda c: [open_post(c), *[frame(DATA, PADDED, 1, b"\x05" + bytes(5))] * 100],
    "tiny DATA": lambda c: [open_post(c), *[c.data(1, b"x")] * 3000],
    "DATA for streams that are over": lambda c: [c.head(1, GET), reset(1), *[c.data(1, b"x" * 100)] * 1000],
    "CONTINUATION without data": lambda _: [
        frame(HEADERS, 0, 1, b"\x82"),
        *[frame(CONTINUATION, 0, 1)] * 100,
    ],
    "CONTINUATION with data": lambda _: [
        frame(HEADERS, 0, 1, b"\x82"),
        *[frame(CONTINUATION, 0, 1, bytes(9000))] * 9,
    ],
    "rapid reset": lambda c: [f for n in range(1, 1001, 2) for f in (c.head(n, GET), reset(n))],
    "resets of nothing": lambda c: [c.head(1, GET), *[reset(99)] * 500],
    "made you reset: windows": lambda c: [
        f for n in range(1, 1001, 2) for f in (c.head(n, GET), window(n, 2**31 - 1))
    ],
    "made you reset: bodies": lambda c: [
        f for n in range(1, 1001, 2) for f in (c.head(n, GET), c.data(n, b"x"))
    ],
    "made you reset: heads": lambda c: [c.head(n, [*GET, (b"", b"")]) for n in range(1, 1001, 2)],
    "made you reset: lengths": lambda c: [
        f
        for n in range(1, 1001, 2)
        for f in (c.head(n, [*POST, (b"content-length", b"9")], ended=False), c.data(n, b"x", ended=True))
    ],
}


async def asked(service: Service, begin: bytes) -> Peer:
    """Return the connection on which a request begins so, past those that a flood has left."""
    while True:
        peer = await service.accepted()
        try:
            if (await peer.head()).startswith(begin):
                return peer
        except (asyncio.IncompleteReadError, OSError):
            pass  # the gateway gave it up before it had asked


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_a_flood_ends_its_connection(stage: Stage, ca: Authority, flood: Flood) -> None:
    """The client is told to calm down; another client is served as before."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client, http2(gateway, ca) as other:
        client.write(*flood(client))
        code, _, why = await client.ended()
        assert code == ENHANCE_YOUR_CALM, why
        other.write(other.head(1, [*GET[:3], (b":path", b"/other")]))
        await (await asked(service, b"GET /other ")).send(OK)
        assert (await other.answer(1)).body == b"ok"
    assert flooded(gateway) == 1
    assert not gateway.context.exchanges


async def test_a_flood_of_resets_starts_few_requests(stage: Stage, ca: Authority) -> None:
    """No more reach the service than the allowance, however many come in one piece."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(*FLOODS["rapid reset"](client))
        await client.ended()
    disconnected = gateway.outcomes()["disconnected"]
    assert disconnected <= floods.RESETS[0] + 1


async def test_cancelling_now_and_then_is_fair(stage: Stage, ca: Authority) -> None:
    """Every answer that is read to its end allows for another cancelled request."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        for number in range(1, 4 * floods.RESETS[0], 4):
            client.write(client.head(number, GET), reset(number))
            assert (await client.ask(number + 2, GET)).body == b"ok"
    assert not flooded(gateway)


async def test_window_updates_in_step_with_data_are_fair(stage: Stage, ca: Authority) -> None:
    """A client that opens both windows for every frame it takes is no flood."""
    size = 16_384 * 1500
    gateway = await stage.gateway(
        blue=await stage.service(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size)
    )
    async with http2(gateway, ca) as client:
        client.write(client.head(1, GET))
        got, updates = 0, 0
        while got < size:
            came = await client.next()
            assert came is not None, client.goaway
            if came.kind == DATA:
                got += len(came.content)
                updates += 2
                client.write(window(0, len(came.content)), window(1, len(came.content)))
                client.answers[1] = client.answers[1]._replace(body=b"")
    assert updates > floods.WINDOW_UPDATES[0] * 2
    assert not flooded(gateway)


# -- what is broken rather than much -------------------------------------------------------------------------


def bomb(_: Http2Client) -> list[bytes]:
    """One long field in the table, then thousands of references to it, a byte each."""
    encoder = Encoder()
    fill = encoder.encode([(b"x-long", b"a" * 3900)], huffman=False)
    again = encoder.encode([(b"x-long", b"a" * 3900)], huffman=False)
    assert len(again) == 1
    return [frame(HEADERS, END_HEADERS, 1, fill + again * 5000)]


BROKEN: dict[str, tuple[Flood, int]] = {
    "HPACK bomb": (bomb, ENHANCE_YOUR_CALM),
    "broken compression": (
        lambda _: [frame(HEADERS, END_HEADERS, 1, b"\xff\xff\xff\xff\xff\xff")],
        PROTOCOL_ERROR,
    ),
    "table larger than allowed": (
        lambda _: [frame(HEADERS, END_HEADERS, 1, b"\x3f\xe1\xff\x03")],
        PROTOCOL_ERROR,
    ),
    "long frame": (lambda _: [(16_385).to_bytes(3, "big") + bytes(6)], FRAME_SIZE_ERROR),
    "even stream": (lambda c: [c.head(2, GET)], PROTOCOL_ERROR),
    "stream 0": (lambda c: [c.head(0, GET)], PROTOCOL_ERROR),
    "stream that went before": (lambda c: [c.head(5, GET), c.head(3, GET)], PROTOCOL_ERROR),
    "DATA before its head": (lambda c: [c.data(1, b"x")], PROTOCOL_ERROR),
    "DATA on stream 0": (lambda _: [frame(DATA, 0, 0, b"x")], PROTOCOL_ERROR),
    "DATA beyond the window": (
        lambda c: [open_post(c), *[c.data(1, bytes(16_384))] * 400],
        FLOW_CONTROL_ERROR,
    ),
    "more streams than allowed": (
        lambda c: [c.head(n, GET) for n in range(1, 203, 2)],
        PROTOCOL_ERROR,
    ),
    "window of the connection overflows": (lambda _: [window(0, 2**31 - 1)], FLOW_CONTROL_ERROR),
    "window opened by nothing": (lambda _: [window(0, 0)], PROTOCOL_ERROR),
    "window setting too large": (lambda _: [setting(INITIAL_WINDOW_SIZE, 2**31)], FLOW_CONTROL_ERROR),
    "frame size setting too small": (lambda _: [setting(5, 100)], PROTOCOL_ERROR),
    "PING of another size": (lambda _: [frame(PING, 0, 0, b"x")], FRAME_SIZE_ERROR),
    "PUSH_PROMISE": (lambda _: [frame(5, END_HEADERS, 1, bytes(4))], PROTOCOL_ERROR),
    "CONTINUATION of nothing": (lambda _: [frame(CONTINUATION, END_HEADERS, 1)], PROTOCOL_ERROR),
    "DATA within a head": (lambda c: [frame(HEADERS, 0, 1, b"\x82"), c.data(1, b"x")], PROTOCOL_ERROR),
    "head within a head": (lambda c: [frame(HEADERS, 0, 1, b"\x82"), c.head(3, GET)], PROTOCOL_ERROR),
    "padding longer than its frame": (
        lambda c: [open_post(c), frame(DATA, PADDED, 1, b"\x09x")],
        PROTOCOL_ERROR,
    ),
    "stream that depends on itself": (
        lambda _: [frame(PRIORITY, 0, 1, (1).to_bytes(4, "big") + b"\x00")],
        PROTOCOL_ERROR,
    ),
    "trailers that do not end": (
        lambda c: [open_post(c), c.head(1, [(b"a", b"b")], ended=False)],
        PROTOCOL_ERROR,
    ),
}


@pytest.mark.parametrize(("broken", "code"), BROKEN.values(), ids=BROKEN)
async def test_a_broken_connection_ends(stage: Stage, ca: Authority, broken: Flood, code: int) -> None:
    """With the code that says why; nothing is left running."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(*broken(client))
        got, _, why = await client.ended()
        assert (got, bool(why)) == (code, True), why
    assert not gateway.context.exchanges
    assert gateway.outcomes()["refused"] == 1


async def test_the_window_of_a_stream_overflows(stage: Stage, ca: Authority) -> None:
    """That ends the stream alone."""
    service = await stage.service()
    gateway = await stage.gateway(blue=service)
    async with http2(gateway, ca) as client:
        client.write(client.head(1, GET))
        peer = await service.accepted()
        await peer.head()
        client.write(window(1, 2**31 - 1))
        assert (await client.answer(1)).reset == FLOW_CONTROL_ERROR
        assert await peer.end() == b""
        assert client.goaway is None


async def test_a_head_in_many_pieces_is_fair(stage: Stage, ca: Authority) -> None:
    """Up to so many; a client need not send large frames."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        block = client.block(GET)
        size = -(-len(block) // MOST_CONTINUATIONS)
        pieces = [block[at : at + size] for at in range(0, len(block), size)]
        client.write(frame(HEADERS, 1, 1, pieces[0]), *[frame(CONTINUATION, 0, 1, p) for p in pieces[1:-1]])
        client.write(frame(CONTINUATION, END_HEADERS, 1, pieces[-1]))
        assert (await client.answer(1)).body == b"ok"


async def test_a_huge_table_of_the_client_stays_empty(stage: Stage, ca: Authority) -> None:
    """It may offer gigabytes for our compression to fill."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca, hello=PREFACE + setting(1, 2**32 - 1)) as client:
        for number in (1, 3):
            assert (await client.ask(number, GET)).body == b"ok"
        assert not client._decoder.header_table.dynamic_entries


@pytest.mark.parametrize("size", [1, 2**31 - 1])
async def test_windows_of_any_size(stage: Stage, ca: Authority, size: int) -> None:
    """One byte at a time, or everything at once."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca, hello=PREFACE + setting(INITIAL_WINDOW_SIZE, size)) as client:
        client.write(client.head(1, GET))
        if size == 1:
            while 1 not in client.answers or len(client.answers[1].body) < 1:
                await client.next()
            client.write(window(1, 1))
        assert (await client.answer(1)).body == b"ok"


def test_the_page_says_what_holds() -> None:
    """Every allowance stands in docs/http2.md."""
    page = (Path(__file__).parent.parent.parent / "docs" / "http2.md").read_text(encoding="utf-8")
    rows = [line.split("|")[-3:-1] for line in page.splitlines() if line.startswith("| ")][2:]
    assert [tuple(int(number) for number in row) for row in rows] == [
        floods.RESETS,
        floods.SETTINGS_FRAMES,
        floods.PINGS,
        floods.PRIORITIES,
        floods.WINDOW_UPDATES,
        floods.EMPTY,
        floods.SMALL,
        floods.UNEXPECTED,
    ]
    assert f"less than {floods.SMALL_DATA} bytes" in page
    assert f"in {MOST_CONTINUATIONS} CONTINUATION frames" in page
