"""What the gateway answers itself, so that no service hears of it."""

from __future__ import annotations

import time

import pytest

from gateway.proxy.client import LINGER
from tests.proxy.echoes import GET, get
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Stage

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


async def test_a_refused_client_may_finish_sending_before_it_is_cut(stage: Stage) -> None:
    """Closing at once could destroy the answer on its way; going on for ever would be a gift."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    before = time.monotonic()
    await client.send(POST.encode() + b"Content-Length: nonsense\r\n\r\n" + b"x" * 100_000)
    head, _ = await client.answer()
    assert head.startswith(b"HTTP/1.1 400 ")
    gateway.tick(after=LINGER / 2, since=before)
    assert gateway.context.clients
    gateway.tick(after=LINGER + 1)
    await until(lambda: not gateway.context.clients)
