"""A client's connection: requests read one after another, answered in order, refused where they are wrong."""

from __future__ import annotations

import asyncio

import pytest

from gateway.proxy.client import LINGER
from gateway.proxy.server import MAX_WAITING, ClientConnection
from gateway.routing.settings import Limits
from tests.proxy.conftest import OK, Gateway, Service, Stage, field, until

HEAD_TIMEOUT, KEEP_ALIVE_TIMEOUT = Limits().head_timeout, Limits().keep_alive_timeout
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def echo(request: bytes) -> bytes:
    """Answer with the request's path."""
    path = request.split(b" ")[1]
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(path), path)


def get(path: str, extra: str = "", version: str = "1.1") -> bytes:
    """Return a request."""
    return f"GET {path} HTTP/{version}\r\nHost: x\r\n{extra}\r\n".encode()


async def test_a_connection_serves_one_request_after_another(stage: Stage) -> None:
    """The service's connection is kept as well."""
    blue = await stage.service(echo)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    for n in range(5):
        await client.send(get(f"/{n}"))
        head, body = await client.answer()
        assert (body, field(head, "connection")) == (b"/%d" % n, None)
    assert (len(blue.peers), len(blue.requests)) == (1, 5)
    assert gateway.outcomes() == {"ok": 5}


@pytest.mark.parametrize(
    ("version", "connection", "says", "stays"),
    [
        ("1.1", "", None, True),
        ("1.1", "connection: close\r\n", "close", False),
        ("1.0", "", "close", False),
        ("1.0", "connection: keep-alive\r\n", "keep-alive", True),
    ],
)
async def test_who_keeps_the_connection(
    stage: Stage, version: str, connection: str, says: str | None, stays: bool
) -> None:
    """HTTP/1.1 does unless told not to, HTTP/1.0 only where asked for it; the answer says which."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    client = await stage.client(gateway.port)
    await client.send(get("/a", connection, version))
    head, body = await client.answer()
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (body, field(head, "connection")) == (b"/a", says)
    if stays:
        await client.send(get("/b"))
        assert (await client.answer())[1] == b"/b"
    else:
        assert await client.end() == b""


async def test_pipelined_requests_in_one_packet_are_answered_in_order(stage: Stage) -> None:
    """However many, one at a time on one connection to the service."""
    blue = await stage.service(echo)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(b"".join(get(f"/{n}") for n in range(500)))
    assert [(await client.answer())[1] for _ in range(500)] == [b"/%d" % n for n in range(500)]
    assert len(blue.peers) == 1
    assert gateway.outcomes() == {"ok": 500}


async def test_more_pipelined_requests_than_may_wait_hold_the_client_back(stage: Stage) -> None:
    """Memory stays bounded while the service thinks; nothing is lost."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    pad = "x-pad: " + "p" * 2000 + "\r\n"
    count = 20 * MAX_WAITING // 2000
    sending = asyncio.create_task(client.send(b"".join(get(f"/{n}", pad) for n in range(count))))
    service = await blue.accepted()
    first = await service.head()
    held = gateway.clients[0]
    await until(lambda: held._paused)
    assert len(held._waiting) < MAX_WAITING + 512 * 1024
    await service.send(echo(first))
    for _ in range(count - 1):
        await service.send(echo(await service.head()))
    assert [(await client.answer())[1] for _ in range(count)] == [b"/%d" % n for n in range(count)]
    await sending


@pytest.mark.parametrize("cut", range(1, 120, 7))
async def test_pipelined_requests_may_be_cut_anywhere(stage: Stage, cut: int) -> None:
    """Also behind a chunked body, also in the middle of a line end."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    stream = (
        b"POST /1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        + get("/2")
        + b"POST /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nxy"
        + get("/4")
    )
    client = await stage.client(gateway.port)
    answering = asyncio.create_task(answer_with_path_and_body(blue))
    for start in range(0, len(stream), cut):
        await client.send(stream[start : start + cut])
        await asyncio.sleep(0)
    assert [(await client.answer())[1] for _ in range(4)] == [b"/1abc", b"/2", b"/3xy", b"/4"]
    answering.cancel()


async def answer_with_path_and_body(service: Service) -> None:
    """Answer every request on the first connection with its path and its body."""
    peer = await service.accepted()
    while True:
        head = await peer.head()
        if field(head, "transfer-encoding"):
            body = await peer.chunks()
        else:
            body = await peer.exactly(int(field(head, "content-length") or 0))
        said = head.split(b" ")[1] + body
        await peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(said), said))


async def test_a_head_may_come_byte_by_byte(stage: Stage) -> None:
    """Each byte in a packet of its own."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    client = await stage.client(gateway.port)
    for byte in get("/slow", "x-a: b\r\n"):
        await client.send(bytes([byte]))
        await until(lambda: True)
    assert (await client.answer())[1] == b"/slow"


async def test_one_empty_line_before_a_request_is_overlooked(stage: Stage) -> None:
    """Some clients send one after a body (RFC 9112, 2.2)."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    client = await stage.client(gateway.port)
    await client.send(b"\r\n" + get("/1") + b"\r\n" + get("/2"))
    assert [(await client.answer())[1] for _ in range(2)] == [b"/1", b"/2"]


async def test_many_empty_lines_are_refused(stage: Stage) -> None:
    """Else a client could keep us busy with nothing."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    client = await stage.client(gateway.port)
    await client.send(b"\r\n" * 100_000)
    assert (await client.head()).startswith(b"HTTP/1.1 400 ")


async def test_a_slow_reader_gets_all_its_pipelined_answers(stage: Stage) -> None:
    """While it does not read, neither the answers nor the requests pile up in the gateway."""
    body = b"x" * 200_000
    blue = await stage.service(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port, receive_buffer=4096, limit=1024)
    await client.send(GET * 100)
    held = await only_client(gateway)
    await until(lambda: not held.writable)
    assert held.transport.get_write_buffer_size() < 1024 * 1024
    assert len(blue.requests) < 100
    for _ in range(100):
        assert (await client.answer())[1] == body
    assert gateway.outcomes() == {"ok": 100}


async def test_a_half_closed_client_gets_every_answer_it_asked_for(stage: Stage) -> None:
    """Saying that nothing more comes is not leaving; the connection closes behind the last answer."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    client = await stage.client(gateway.port)
    await client.send(get("/1") + get("/2") + get("/3"))
    client.half_close()
    assert [(await client.answer())[1] for _ in range(3)] == [b"/1", b"/2", b"/3"]
    assert await client.end() == b""


async def test_a_client_that_leaves_in_its_request_frees_the_service(stage: Stage) -> None:
    """The half request is cut at the service too, and counted."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    service = await blue.accepted()
    await service.head()
    client.half_close()
    assert await service.end() == b"half"
    await until(lambda: gateway.outcomes() == {"disconnected": 1})
    assert not gateway.context.exchanges


async def test_a_client_that_leaves_before_its_answer_frees_the_service(stage: Stage) -> None:
    """The service's connection is not used again."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET)
    service = await blue.accepted()
    await service.head()
    client.reset()
    assert await service.end() == b""
    await until(lambda: gateway.outcomes() == {"disconnected": 1})


POST = "POST / HTTP/1.1\r\nHost: x\r\n"
REFUSED = {
    "two lengths": (POST + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400),
    "length and coding": (POST + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "two codings": (POST + "Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n", 400),
    "coding in two lines": (POST + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "unknown coding": (POST + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "coding in 1.0": ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "signed length": (POST + "Content-Length: +1\r\n\r\na", 400),
    "octal length": (POST + "Content-Length: 01\r\n\r\na", 400),
    "no host": ("GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": ("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400),
    "two hosts, two spellings": ("GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n", 400),
    "bad host": ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
    "fold": ("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400),
    "bare LF": ("GET / HTTP/1.1\nHost: x\n\n", 400),
    "bare LF before": ("\nTRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "NUL": ("GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", 400),
    "0.9": ("GET /\r\n\r\n", 400),
    "2.0": ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    "the preface of 2": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "TLS": ("\x16\x03\x01\x00\x05hello\r\n\r\n", 400),
    "CONNECT": ("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    "TRACE": ("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    "expectation": (POST + "Expect: 200-ok\r\nContent-Length: 1\r\n\r\n", 417),
    "climbing": ("GET /../a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "long target": ("GET /" + "a" * 9000 + " HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "long head": ("GET / HTTP/1.1\r\nHost: x\r\nA: " + "a" * 40_000 + "\r\n\r\n", 431),
    "many fields": (
        "GET / HTTP/1.1\r\nHost: x\r\n" + "".join(f"a{n}: b\r\n" for n in range(101)) + "\r\n",
        431,
    ),
    "many equal fields": ("GET / HTTP/1.1\r\nHost: x\r\n" + "a: b\r\n" * 101 + "\r\n", 431),
    "nominated": ("GET / HTTP/1.1\r\nHost: x\r\nConnection: close, Authorization\r\n\r\n", 400),
    "nominated in a second line": (
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nConnection: a\r\na: b\r\n\r\n",
        400,
    ),
    "upgrade with a body": (
        POST
        + "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 29\r\n\r\nGET / HTTP/1.1\r\nHost: y\r\n\r\n",
        400,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_client_s_mistake_never_reaches_a_service(stage: Stage, case: str) -> None:
    """It is answered with the right status, counted, and the connection closes."""
    request, status = REFUSED[case]
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(request.encode("latin-1") + GET)
    head, body = await client.answer()
    assert int(head.split(b" ")[1]) == status
    assert field(head, "content-type") == "application/problem+json"
    assert field(head, "connection") == "close"
    assert b'"status": %d' % status in body
    client.half_close()
    assert await client.end() == b""
    assert (blue.requests, blue.peers) == ([], [])
    assert gateway.outcomes() == {"refused": 1}


async def test_a_broken_chunk_cuts_the_request_at_the_service(stage: Stage) -> None:
    """The client learns why; the service never sees a whole request."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    service = await blue.accepted()
    await service.head()
    await client.send(b"nonsense\r\n")
    head, _ = await client.answer()
    assert head.startswith(b"HTTP/1.1 400 ")
    assert await service.end() == b"3\r\nabc\r\n"
    assert gateway.outcomes() == {"refused": 1}


async def test_without_a_route_the_answer_is_404(stage: Stage) -> None:
    """The connection goes on where the request was whole, and closes where it was not."""
    gateway = await stage.gateway("path: /a, weights: {blue: 1}", blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(get("/b") + get("/ab") + get("/a/b"))
    assert [(await client.answer())[0][9:12] for _ in range(3)] == [b"404", b"404", b"200"]
    await client.send(b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
    head, _ = await client.answer()
    assert (head[9:12], field(head, "connection")) == (b"404", "close")
    assert gateway.outcomes() == {"ok": 1, "refused": 3}


async def test_head_without_a_route_has_no_body(stage: Stage) -> None:
    """The next answer follows the head at once."""
    gateway = await stage.gateway("path: /a, weights: {blue: 1}", blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(b"HEAD /b HTTP/1.1\r\nHost: x\r\n\r\n" + get("/a"))
    assert (await client.head())[9:12] == b"404"
    assert (await client.answer())[1] == b"ok"


async def only_client(gateway: Gateway) -> ClientConnection:
    """Return the only client's connection, once it is there."""
    await until(lambda: len(gateway.clients) == 1)
    return gateway.clients[0]


async def test_a_slow_head_is_408(stage: Stage) -> None:
    """Time is counted from the head's first byte, however many more come."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(b"GET / HTTP/1.1\r\n")
    held = await only_client(gateway)
    await until(lambda: held._waiting)
    gateway.tick(after=HEAD_TIMEOUT - 1)
    await client.send(b"X: y\r\n")
    await until(lambda: held._waiting.endswith(b"y\r\n"))
    gateway.tick(after=HEAD_TIMEOUT + 1)
    assert (await client.answer())[0].startswith(b"HTTP/1.1 408 ")
    assert gateway.outcomes() == {"refused": 1}


async def test_an_idle_connection_is_closed_in_the_end(stage: Stage) -> None:
    """Without a word: there is no request to answer."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(GET)
    await client.answer()
    gateway.tick(after=KEEP_ALIVE_TIMEOUT - 1)
    await client.send(GET)
    await client.answer()
    gateway.tick(after=KEEP_ALIVE_TIMEOUT + 1)
    assert await client.end() == b""


async def test_a_refused_client_may_finish_sending_before_it_is_cut(stage: Stage) -> None:
    """Closing at once could destroy the answer on its way; going on for ever would be a gift."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(POST.encode() + b"Content-Length: nonsense\r\n\r\n" + b"x" * 100_000)
    head, _ = await client.answer()
    assert head.startswith(b"HTTP/1.1 400 ")
    gateway.tick(after=LINGER / 2)
    assert gateway.context.clients
    gateway.tick(after=LINGER + 1)
    await until(lambda: not gateway.context.clients)


async def test_a_client_that_never_reads_its_last_answer_is_cut_in_the_end(stage: Stage) -> None:
    """It would hold its connection and its buffer for ever."""
    body = b"x" * 8_000_000
    blue = await stage.service(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port, receive_buffer=4096, limit=1024)
    await client.send(get("/", "connection: close\r\n"))
    held = await only_client(gateway)
    await until(lambda: not held.writable)
    while held.exchange is not None:  # read until only the gateway's own buffer is left
        await client.reader.read(65536)
    await until(lambda: held.transport.is_closing())
    gateway.tick()
    gateway.tick(after=Limits().body_timeout - 1)
    assert gateway.context.clients
    gateway.tick(after=Limits().body_timeout + 1)
    await until(lambda: not gateway.context.clients)


async def test_while_draining_answers_close_their_connections(stage: Stage) -> None:
    """Idle ones close at once."""
    blue = await stage.service()
    gateway = await stage.gateway(blue=blue)
    idle, busy = await stage.client(gateway.port), await stage.client(gateway.port)
    await busy.send(GET)
    service = await blue.accepted()
    await service.head()
    gateway.context.draining = True
    gateway.tick()
    assert await idle.end() == b""
    await service.send(OK)
    _, body = await busy.answer()
    assert body == b"ok"
    assert await busy.end() == b""


async def test_every_request_is_counted_exactly_once(stage: Stage) -> None:
    """The sum of the outcomes is the number of requests, whatever became of them."""
    statuses = iter((b"200 OK", b"404 Not Found", b"503 Busy", b"200 OK"))
    answer = b"HTTP/1.1 %b\r\ncontent-length: 0\r\n\r\n"
    gateway = await stage.gateway(blue=await stage.service(lambda _: answer % next(statuses)))
    client = await stage.client(gateway.port)
    await client.send(GET * 4 + b"broken\r\n\r\n")
    for _ in range(5):
        await client.answer()
    assert gateway.outcomes() == {"ok": 2, "client_error": 1, "server_error": 1, "refused": 1}


async def test_the_peer_is_named_plainly(stage: Stage) -> None:
    """`x-forwarded-for` has its address alone, whatever it claims."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(get("/", "x-forwarded-for: 6.6.6.6\r\n"))
    await client.answer()
    assert field(blue.requests[0], "x-forwarded-for") == "127.0.0.1"


async def test_a_worker_that_is_full_lets_the_longest_idle_go(stage: Stage) -> None:
    """What the system lets it open is a limit as those of routing.yaml are."""
    gateway = await stage.gateway(blue=await stage.service(echo))
    gateway.context.most_clients = 1
    first = await stage.client(gateway.port)
    await first.send(get("/1"))
    assert (await first.answer())[1] == b"/1"
    second = await stage.client(gateway.port)
    await second.send(get("/2"))
    assert (await second.answer())[1] == b"/2"
    assert await first.end() == b""
