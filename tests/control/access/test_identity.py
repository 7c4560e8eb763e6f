"""Who makes a request is known before anything else looks at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.control.access.identity import COOKIE, bearer, cookie_name, session_cookie
from gateway.control.access.listening import Listening
from gateway.control.access.login import Access
from gateway.control.access.tokens import Grant
from gateway.control.app import build_app
from gateway.control.problems import MEDIA_TYPE
from gateway.routing.admin_settings import AdminSettings
from gateway.routing.places import Places
from tests.control.access.entrance import Entrance, at

WRONG = "gw_00000000_" + "a" * 43


def token(entrance: Entrance, name: str = "ci") -> str:
    """A viewer's token."""
    return entrance.access.tokens.create(name, Grant("viewer"), "cli:ann")[1]


async def told(client: httpx.AsyncClient, **headers: str) -> tuple[int, str]:
    """Return the status of a look, and who it was."""
    answer = await client.get("/", headers=headers)
    return answer.status_code, answer.json().get("who", "") if answer.status_code == 200 else ""


async def test_an_open_side_asks_nobody(tmp_path: Path) -> None:
    """Whoever comes is known by address; one that asks sends people to the login."""
    assert await told(at(tmp_path, is_open=True).client(peer="127.0.0.1")) == (200, "api:127.0.0.1")
    assert await told(at(tmp_path).client()) == (303, "")


async def test_a_wrong_token_is_refused_even_where_nobody_is_asked(tmp_path: Path) -> None:
    """And at doors that are for anybody: whoever sends one means to be asked."""
    entrance = at(tmp_path, is_open=True)
    client = entrance.client(WRONG)
    for path in ("/", "/healthz", "/nowhere"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (401, MEDIA_TYPE)
        assert answer.headers["www-authenticate"] == 'Bearer realm="gateway"'
        assert WRONG not in answer.text


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic YTpi", "gw_1", "Bearer a, Bearer b"])
async def test_what_is_no_token_is_a_wrong_one(tmp_path: Path, value: str) -> None:
    """Another scheme, or nothing behind it."""
    assert await told(at(tmp_path, is_open=True).client(), authorization=value) == (401, "")


async def test_a_token_counts_before_a_session_and_that_before_the_socket(entrance: Entrance) -> None:
    """The most that a request says of itself decides."""
    ci, ann = token(entrance), token(entrance, "ann")
    cookie = entrance.access.log_in(ann, "192.0.2.7")
    client = entrance.client()
    assert await told(client, authorization=f"bearer {ci}", cookie=f"{COOKIE}={cookie}") == (200, "token:ci")
    assert await told(client, authorization=WRONG, cookie=f"{COOKIE}={cookie}") == (401, "")
    assert await told(client, cookie=f"{COOKIE}={cookie}") == (200, "token:ann")
    assert await over_socket(entrance, [(b"cookie", f"{COOKIE}={cookie}".encode())]) == b"token:ann"
    assert await over_socket(entrance, []) == b"socket"


async def over_socket(entrance: Entrance, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return who somebody is that comes over the Unix socket."""
    return await asked(entrance, {"client": None, "server": ("/run/admin.sock", None), "headers": headers})


async def asked(entrance: Entrance, more: dict[str, Any]) -> bytes:
    """Return who a request of that scope is."""
    app, body = entrance.app(), bytearray()

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        body.extend(message.get("body", b""))

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "scheme": "http", **more}
    await app(scope, receive, send)
    return bytes(body).partition(b'"who":"')[2].partition(b'"')[0]


async def test_a_client_without_an_address_is_not_the_socket(entrance: Entrance) -> None:
    """One of TCP that reset its connection at once has none either; it gets no rights for that."""
    assert await asked(entrance, {"client": None, "server": ("127.0.0.1", 1), "headers": []}) == b""
    assert await asked(entrance, {"client": None, "server": None, "headers": []}) == b""


async def test_a_session_that_ended_is_as_good_as_none(tmp_path: Path) -> None:
    """A browser keeps one cookie for all gateways of a machine; a page that polls is no guesser."""
    for is_open, found in ((True, (200, "api:192.0.2.7")), (False, (303, ""))):
        client = at(tmp_path, is_open=is_open).client()
        assert {await told(client, cookie=f"{COOKIE}=ended") for _ in range(30)} == {found}


async def test_a_damaged_database_lets_nobody_in_by_token_and_the_socket_still(tmp_path: Path) -> None:
    """It is told as what it is; whoever may mend it comes in over the socket."""
    entrance = at(tmp_path)
    entrance.places.access.write_bytes(b"no database" * 1000)
    answer = await entrance.client(WRONG).get("/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "file is not a database" in answer.json()["detail"]
    assert await over_socket(entrance, []) == b"socket"


async def test_other_kinds_of_connections_pass() -> None:
    """Only requests have somebody who makes them."""
    from gateway.control.access.identity import Identity

    seen: list[Any] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(dict(scope))

    access = Access.at(Path("/nowhere/access.db"))
    await Identity(app, access, lambda _: True)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}]


def test_of_two_tokens_neither_counts() -> None:
    """What stands before us could have read the other one."""
    assert bearer(["Bearer a"]) == bearer([" bEARER  a "]) == "a"
    assert bearer(["Bearer a", "Bearer b"]) == bearer([]) == ""


def test_over_tls_the_cookie_is_one_that_no_other_host_can_set() -> None:
    """And the plain one is not looked at there."""
    headers = [(b"cookie", b"a=b; gateway_session=plain"), (b"cookie", b"__Host-gateway_session=bound")]
    assert session_cookie({"type": "http", "scheme": "https", "headers": headers}) == "bound"
    assert session_cookie({"type": "http", "scheme": "http", "headers": headers}) == "plain"
    assert session_cookie({"type": "http", "scheme": "https", "headers": headers[:1]}) == ""
    assert cookie_name({"scheme": "https"}) == "__Host-gateway_session"


async def test_the_admin_side_has_it_before_everything_else(tmp_path: Path) -> None:
    """Open on loopback as it was, closed where routing.yaml says so; a token of the database opens it."""
    places = Places(tmp_path)
    text = Access.at(places.access).tokens.create("ci", Grant("viewer"), "cli:ann")[1]
    required = Listening(settings=AdminSettings(auth="required"))
    for listening, status in ((Listening(), 200), (required, 401)):
        transport = httpx.ASGITransport(app=build_app(places, lambda: None, listening))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:9090") as client:
            assert (await client.get("/api/v1/tokens")).status_code == status
            sent = {"authorization": f"Bearer {text}"}
            assert (await client.get("/api/v1/tokens", headers=sent)).status_code == 403
            sent = {"authorization": f"Bearer {WRONG}"}
            assert (await client.get("/api/v1/tokens", headers=sent)).status_code == 401
