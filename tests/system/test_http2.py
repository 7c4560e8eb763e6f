"""HTTP/2 at a whole gateway, by httpx and by a client that sees every frame."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx

from tests.system.gateway_under_test import Gateway
from tests.system.http2_client import Http2Client, request
from tests.system.secure_site import http_client
from tests.system.web_services import WebServices, pattern

AT_ONCE = 50


def run(gateway: Gateway, talk: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Let somebody talk over one HTTP/2 connection."""

    async def main() -> None:
        async with http_client(gateway) as http:
            await talk(http)

    asyncio.run(main())


def test_get_and_post(secure: Gateway) -> None:
    """A GET, and a POST of a megabyte, known in length and not: the service has every byte."""
    sent = pattern(1 << 20)

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(sent), 50_000):
            yield sent[at : at + 50_000]

    async def talk(http: httpx.AsyncClient) -> None:
        answer = await http.get("/one/echo?a=b")
        assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
        assert answer.json()["target"] == "/one/echo?a=b"
        for content in (sent, pieces()):
            answer = await http.post("/one/echo", content=content)
            assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
            assert answer.json()["length"] == len(sent)
            assert answer.json()["sha256"] == hashlib.sha256(sent).hexdigest()

    run(secure, talk)


def test_fifty_streams_of_one_connection_at_once(secure: Gateway) -> None:
    """None of them is answered before all have come to the services, so all of them wait together."""

    async def talk(http: httpx.AsyncClient) -> None:
        asking = (http.get(f"/late/together/{AT_ONCE}") for _ in range(AT_ONCE))
        answers = await asyncio.gather(*asking)
        assert {(answer.status_code, answer.http_version) for answer in answers} == {(200, "HTTP/2")}

    run(secure, talk)


def test_streams_are_divided_by_the_weights(secure: Gateway) -> None:
    """Each by itself, also on one connection; the version that the header names is the one that answered."""
    requests = 8 * AT_ONCE
    seen: Counter[str] = Counter()

    async def talk(http: httpx.AsyncClient) -> None:
        for _ in range(requests // AT_ONCE):
            for answer in await asyncio.gather(*(http.get("/late/echo") for _ in range(AT_ONCE))):
                assert answer.json()["service"] == answer.headers["x-model-version"]
                seen[answer.headers["x-model-version"]] += 1

    run(secure, talk)
    spread = math.sqrt(requests * 0.6 * 0.4)
    assert abs(seen["blue"] - 0.6 * requests) < 5 * spread
    assert sum(seen.values()) == requests


def test_users_have_their_version_in_both_protocols(secure: Gateway) -> None:
    """Fifty users at once over one connection of HTTP/2 get what they get over HTTP/1.1."""

    async def versions(http: httpx.AsyncClient) -> list[str]:
        asking = (http.get("/late/echo", headers={"x-user-id": f"user-{n}"}) for n in range(AT_ONCE))
        return [answer.json()["service"] for answer in await asyncio.gather(*asking)]

    async def main() -> None:
        async with http_client(secure) as newer, http_client(secure, http2=False) as older:
            found = await versions(newer)
            assert found == await versions(older)
            assert set(found) == {"blue", "canary"}

    asyncio.run(main())


def test_answers_without_a_body(secure: Gateway) -> None:
    """HEAD tells the length of what GET would send; 204 and 304 end with their fields."""
    with Http2Client(secure) as http:
        head = http.ask(request("/one/big/100000", method="HEAD"))
        assert (head.status, head.headers["content-length"], head.body) == (200, "100000", b"")
        for status in (204, 304):
            answer = http.ask(request(f"/one/status/{status}"))
            assert (answer.status, answer.body, answer.reset) == (status, b"", None)
            assert answer.headers["x-told"] == str(status)
        assert http.ask(request("/one/echo")).status == 200


def test_an_answer_comes_piece_by_piece(secure: Gateway, web: WebServices) -> None:
    """The service sends the next one only when the last has been seen."""

    async def talk(http: httpx.AsyncClient) -> None:
        async with http.stream("GET", "/one/stream/pieces-h2") as answer:
            pieces = answer.aiter_raw()
            for turn in range(20):
                web.say("pieces-h2", b"piece %d" % turn)
                assert await anext(pieces) == b"piece %d" % turn
            web.say("pieces-h2", b"")
            assert [piece async for piece in pieces] == []

    run(secure, talk)


def test_big_answers_share_a_connection(secure: Gateway) -> None:
    """Three of 8 MiB at once, many times what any window allows: all bytes in their order."""
    wanted = pattern(8 << 20)

    async def talk(http: httpx.AsyncClient) -> None:
        for answer in await asyncio.gather(*(http.get("/one/big/8388608") for _ in range(3))):
            assert answer.content == wanted

    run(secure, talk)


def test_a_stream_that_nobody_reads_holds_up_no_other(secure: Gateway) -> None:
    """Its window is used up and it waits; small answers pass it. Then the window opens and the rest comes."""
    with Http2Client(secure, takes=False) as http:
        http.h2.increment_flow_control_window(1 << 24)  # of the connection, for all streams together
        stuck = http.begin(request("/one/big/300000"))
        http.until(lambda: len(http.answers[stuck].body) == 65_535)
        for _ in range(5):
            assert http.ask(request("/one/echo")).status == 200
        assert not http.answers[stuck].ended
        http.h2.increment_flow_control_window(1 << 20, stuck)
        http.flush()
        assert http.answer(stuck).body == pattern(300_000)


def test_a_stream_given_up_leaves_the_others_alone(secure: Gateway, web: WebServices) -> None:
    """The client cancels one half-way; its neighbours and what comes after are answered."""
    with Http2Client(secure) as http:
        stream, other = (http.begin(request(f"/one/stream/{name}-h2")) for name in ("gone", "stays"))
        for name in ("gone", "stays"):
            web.say(f"{name}-h2", b"first")
        http.until(lambda: http.answers[stream].body == http.answers[other].body == b"first")
        http.h2.reset_stream(stream, 8)
        http.flush()
        web.say("stays-h2", b", last")
        web.say("stays-h2", b"")
        assert http.answer(other).body == b"first, last"
        assert json.loads(http.ask(request("/one/echo")).body)["service"] == "blue"
        assert http.gone is None


def test_a_stream_lives_through_a_reload(secure_gateway: Gateway, web: WebServices) -> None:
    """The client hears that it should ask elsewhere; what it has begun is answered to the end."""
    with Http2Client(secure_gateway) as http:
        stream = http.begin(request("/one/stream/reload"))
        web.say("reload", b"before")
        http.until(lambda: http.answers[stream].body == b"before")
        assert secure_gateway.run("reload").returncode == 0
        web.say("reload", b", after")
        web.say("reload", b"")
        assert http.answer(stream).body == b"before, after"
        http.until(lambda: http.gone is not None)
        assert http.gone == 0


def test_httpx_does_not_notice_a_reload(secure_gateway: Gateway) -> None:
    """One request after another over a kept connection, with reloads between them: each is answered."""

    async def talk(http: httpx.AsyncClient) -> None:
        for _ in range(3):
            for _ in range(3):
                assert (await http.get("/late/echo")).status_code == 200
            run = await asyncio.to_thread(secure_gateway.run, "reload")
            assert run.returncode == 0, run.stderr

    run(secure_gateway, talk)
