"""Who may use a route of the data plane."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.headers import REQUEST_KNOWN, REQUEST_REMOVED, FieldKinds, Shapes
from gateway.proxy.auth import KeyCheck, KeyFile, KeyFiles
from gateway.routing.auth_keys import (
    LONGEST_KEY,
    OWN_KEY,
    OWN_NAME,
    ClientAuth,
    has_basic_key,
    new_key,
    with_key,
)
from gateway.routing.read_key_files import UNCHECKED_KEYS
from tests.proxy.http2_talk import GET as GET2
from tests.proxy.http2_talk import http2
from tests.proxy.logged import frames
from tests.proxy.peer import OK, Peer, field
from tests.proxy.stage import Gateway, Service, Stage
from tests.requestlog.planted_search import survivors
from tests.tls_files import Authority

KEY, ENTRY = new_key("acme")
OTHER, OTHER_ENTRY = new_key("globex")
KINDS = FieldKinds(REQUEST_REMOVED, REQUEST_KNOWN, frozenset((b"x-api-key",)))


def keys(folder: Path, *entries: object) -> Path:
    """Write a file of keys, of both clients if none are named."""
    text = ""
    for entry in entries or (ENTRY, OTHER_ENTRY):
        text = with_key(text, entry)  # type: ignore[arg-type]
    path = folder / "keys.txt"
    path.write_text(text, encoding="utf-8")
    return path


async def guarded(stage: Stage, more: str = "", auth: str = "") -> tuple[Gateway, Service]:
    """Return a gateway whose only route asks for the keys of both clients."""
    path = keys(stage.folder) if not auth else stage.folder / "keys.txt"
    service = await stage.service(OK)
    route = f"weights: {{blue: 1}}, auth: {{keys: {path}{auth}}}{more}"
    return await stage.gateway(route, blue=service), service


async def asked(
    stage: Stage, gateway: Gateway, fields: str, first: str = "GET / HTTP/1.1"
) -> tuple[int, bytes, bytes]:
    """Send one request with these lines; return the status, the head and the body of its answer."""
    client = await stage.client(gateway.port)
    await client.send(f"{first}\r\nhost: a\r\n{fields}\r\n".encode("latin-1"))
    head, body = await client.answer()
    await client.close()
    return int(head.split(b" ")[1]), head, body


async def test_a_valid_key_is_let_through_in_either_header_and_does_not_reach_the_service(
    stage: Stage,
) -> None:
    """The key is the gateway's business; all else passes as it was written."""
    gateway, service = await guarded(stage)
    for fields in (
        f"X-Api-Key: {KEY}\r\n",
        f"authorization: Bearer {KEY}\r\n",
        f"AUTHORIZATION: bEARER {OTHER}\r\n",
        f"authorization: Bearer\t{KEY}\r\n",
    ):
        status, _, body = await asked(stage, gateway, f"x-before: 1\r\n{fields}x-after: 2\r\n")
        assert (status, body) == (200, b"ok")
    for request in service.requests:
        assert b"gwk_" not in request
        assert (field(request, "x-before"), field(request, "x-after")) == ("1", "2")
        assert field(request, "authorization") is None
        assert field(request, "x-api-key") is None


async def test_without_a_valid_key_nothing_is_forwarded(stage: Stage) -> None:
    """The answer is 401 with a challenge, for any method, and says nothing of any key."""
    gateway, service = await guarded(stage)
    wrong = KEY[:-1] + ("a" if KEY[-1] != "a" else "b")
    for fields in ("", f"x-api-key: {wrong}\r\n", f"authorization: Bearer {wrong}\r\n", "x-api-key:\r\n"):
        for first in ("GET / HTTP/1.1", "OPTIONS * HTTP/1.1", "DELETE /deep/down HTTP/1.1"):
            status, head, body = await asked(stage, gateway, fields, first)
            assert status == 401
            assert field(head, "www-authenticate") == 'Bearer realm="gateway"'
            assert field(head, "content-type") == "application/problem+json"
            assert b"gwk_" not in body
    assert service.requests == []
    assert gateway.outcomes() == {"refused": 12}


@pytest.mark.parametrize(
    "fields",
    [
        f"x-api-key: {KEY}\r\nx-api-key: {KEY}\r\n",
        f"x-api-key: {KEY}\r\nX-API-KEY: {OTHER}\r\n",
        f"authorization: Bearer {KEY}\r\nauthorization: Bearer {KEY}\r\n",
        f"x-api-key: {KEY}, {OTHER}\r\n",
        f"x-api-key: {KEY},\r\n",
        f"x-api-key: {KEY} {OTHER}\r\n",
        f"x-api-key: Bearer {KEY}\r\n",
        f"authorization: {KEY}\r\n",
        f"authorization: Basic {KEY}\r\n",
        f"authorization: Basic\t{KEY}\r\n",
        f"authorization: Bearer {KEY}, Bearer {OTHER}\r\n",
        f"x-api-key: {KEY}\r\nauthorization: Bearer {OTHER}\r\n",
        f"x-api-key: {KEY}\r\nauthorization: Bearer\t{KEY}\r\n",
        f"x-api-key: {KEY}\r\nauthorization: Basic {KEY}\r\n",
        f"x-api-key: {KEY}\r\nauthorization: {OTHER}\r\n",
        f"x-api-key: {KEY}\r\nauthorization: Digest a, k={OTHER}\r\n",
        f"x-api-key: wrong\r\nauthorization: Bearer {KEY}\r\n",
        f"x-api-key:\r\nauthorization: Bearer {KEY}\r\n",
        f"x_api_key: {KEY}\r\n",
        f"x-api-key : {KEY}\r\n",
        f"x-other: a\r\n x-api-key: {KEY}\r\n",
        f"x-api-key: {KEY.upper()}\r\n",
        f"x-api-key: {KEY}\x00\r\n",
        f"x-api-key: {'a' * (LONGEST_KEY + 1)}\r\n",
        f"cookie: x-api-key={KEY}\r\n",
    ],
)
async def test_a_key_that_two_readers_could_read_in_two_ways_is_no_key(stage: Stage, fields: str) -> None:
    """Repeated, listed, in two places, under another name: refused, and no service hears of it."""
    gateway, service = await guarded(stage)
    status, _, body = await asked(stage, gateway, fields)
    assert status in (400, 401)
    assert b"gwk_" not in body
    assert service.requests == []


@pytest.mark.parametrize("blank", ["", " ", "\t", "  \t "])
async def test_blanks_around_a_key_are_no_part_of_it(stage: Stage, blank: str) -> None:
    """RFC 9110, 5.5."""
    gateway, _ = await guarded(stage)
    assert (await asked(stage, gateway, f"x-api-key:{blank}{KEY}{blank}\r\n"))[0] == 200


async def test_a_service_may_have_its_own_login(stage: Stage) -> None:
    """Beside the key's header, Authorization is the service's unless it holds a key of ours."""
    gateway, service = await guarded(stage)
    for own in ("Basic dTpw", "Bearer of-the-service"):
        assert (await asked(stage, gateway, f"x-api-key: {KEY}\r\nauthorization: {own}\r\n"))[0] == 200
        assert field(service.requests[-1], "authorization") == own


@pytest.mark.parametrize("beside", ["", f"x-api-key: {KEY}\r\n"], ids=["alone", "beside a key"])
async def test_a_key_sent_as_basic_is_told_where_it_belongs(stage: Stage, beside: str) -> None:
    """As `curl -u KEY:` does: alone it is no key, beside one it would reach the service; no file has it."""
    gateway, service = await guarded(stage)
    answered = b""
    for pair in (f"{KEY}:", f":{KEY}", f"u:{KEY}", f"{KEY}:{KEY}", f"u:pä {OTHER}", KEY):
        encoded = base64.b64encode(pair.encode()).decode()
        status, head, body = await asked(stage, gateway, f"{beside}authorization: bAsIc  {encoded}\r\n")
        assert status == 401, pair
        assert b"takes no key by Basic (`curl -u`); send it in x-api-key alone" in body
        answered += head + body
    assert service.requests == []
    left = b"".join(path.read_bytes() for path in gateway.places.run.iterdir() if path.is_file())
    left = left.replace(bytes(1024), b"\0")  # most of it is memory that nothing was written to
    assert survivors(answered + left, [KEY, OTHER]) == []


@given(st.binary(max_size=30), st.binary(max_size=30), st.data())
def test_a_key_is_found_in_whatever_some_service_would_decode(
    before: bytes, after: bytes, data: st.DataObject
) -> None:
    """Without padding, with more than one piece, in the letters of URLs, with others in between."""
    pieces = [base64.b64encode(before), base64.b64encode(after + b"gwk_0123456789ab_")]
    written = data.draw(st.sampled_from([pieces[1], b"".join(pieces), b"==".join(pieces), pieces[1][:-2]]))
    if data.draw(st.booleans()):
        written = written.replace(b"=", b"")
    if data.draw(st.booleans()):
        written = written.replace(b"+", b"-").replace(b"/", b"_")
    for at in data.draw(st.lists(st.integers(0, len(written)), max_size=4)):
        written = written[:at] + data.draw(st.sampled_from([b" ", b"\t", b"!", b"=", b"\xe4"])) + written[at:]
    assert has_basic_key(b"Basic " + written)


@given(st.binary(max_size=60), st.sampled_from([b"", b"=", b"===", b"A", b"!", b"\xff-_"]))
def test_a_services_own_odd_login_passes(value: bytes, odd: bytes) -> None:
    """What cannot be decoded is nobody's key, unless one of ours can be read in it."""
    assert not has_basic_key(b"Basic " + base64.b64encode(value.replace(b"gwk_", b"")).rstrip(b"=") + odd)


@given(st.binary(max_size=60))
def test_basic_is_understood_however_it_is_written(value: bytes) -> None:
    """A key is found at any place in it; what is no Basic, or no base64, is nobody's key and no failure."""
    encoded = base64.b64encode(value + b"gwk_" + value)
    assert has_basic_key(b"Basic " + encoded)
    assert has_basic_key(b"basic\t" + encoded.rstrip(b"=") + b"==")
    assert not has_basic_key(b"Bearer " + encoded)
    assert has_basic_key(b"Basic " + base64.b64encode(value)) == (b"gwk_" in value)
    has_basic_key(b"Basic " + value)


async def test_forward_lets_the_service_see_the_key(stage: Stage) -> None:
    """As it was written."""
    keys(stage.folder)
    gateway, service = await guarded(stage, auth=", header: X-Token, forward: true")
    assert (await asked(stage, gateway, f"X-TOKEN: {KEY}\r\n"))[0] == 200
    assert field(service.requests[0], "x-token") == KEY


async def test_a_refused_request_does_not_open_the_connection_to_the_next(stage: Stage) -> None:
    """One connection, pipelined: each request is asked for its own key, and bodies stay bodies."""
    gateway, service = await guarded(stage)
    client = await stage.client(gateway.port)
    inner = f"GET /inner HTTP/1.1\r\nhost: a\r\nx-api-key: {KEY}\r\n\r\n"
    without = f"POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: {len(inner)}\r\n\r\n{inner}"
    with_key_ = f"GET /b HTTP/1.1\r\nhost: a\r\nx-api-key: {KEY}\r\n\r\n"
    await client.send((without + with_key_ + "GET /c HTTP/1.1\r\nhost: a\r\n\r\n").encode())
    statuses = [(await client.answer())[0].split(b" ")[1] for _ in range(3)]
    assert statuses == [b"401", b"200", b"401"]
    assert [request.split(b" ")[1] for request in service.requests] == [b"/b"]


async def test_a_chunked_body_without_a_key_is_not_waited_for(stage: Stage) -> None:
    """The answer comes at once and the connection is closed."""
    gateway, service = await guarded(stage)
    client = await stage.client(gateway.port)
    await client.send(b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n")
    head, _ = await client.answer()
    assert head.startswith(b"HTTP/1.1 401")
    assert field(head, "connection") == "close"
    assert service.requests == []


async def test_http2_asks_for_keys_as_well(stage: Stage, ca: Authority) -> None:
    """A stream without a key is answered 401, twice the key is refused, one key passes and is removed."""
    gateway, service = await guarded(stage)
    key = (b"x-api-key", KEY.encode())
    async with http2(gateway, ca) as client:
        none = await client.ask(1, GET2)
        twice = await client.ask(3, [*GET2, key, key])
        passed = await client.ask(5, [*GET2, key])
        bearer = await client.ask(7, [*GET2, (b"authorization", b"Bearer " + KEY.encode())])
    assert (none.status, none.heads[0][b"www-authenticate"]) == (b"401", b'Bearer realm="gateway"')
    assert twice.status == b"400"
    assert (passed.status, bearer.status) == (b"200", b"200")
    assert len(service.requests) == 2
    assert not any(b"gwk_" in request for request in service.requests)


async def test_clients_are_pinned_counted_and_logged_by_name_never_by_key(stage: Stage) -> None:
    """One client beyond its rate does not slow another; the log has the names."""
    more = ", sticky: {client: true}, rate_limit: {requests: 1, per: 1h, by: {client: true}}"
    gateway, _ = await guarded(stage, more)
    statuses = [(await asked(stage, gateway, f"x-api-key: {key}\r\n"))[0] for key in (KEY, KEY, OTHER)]
    assert statuses == [200, 429, 200]
    assert (await asked(stage, gateway, ""))[0] == 401
    found = frames(gateway)
    assert [frame.key for frame in found if frame.status == 200] == [b"acme", b"globex"]
    assert not any(b"gwk_" in repr(frame).encode() for frame in found)


async def test_a_client_stays_with_its_version(stage: Stage) -> None:
    """Whichever of its keys it uses."""
    second = new_key("acme")
    path = keys(stage.folder, ENTRY, second[1])
    blue, green = await stage.service(OK), await stage.service(OK)
    route = f"weights: {{blue: 1, green: 1}}, sticky: {{client: true}}, auth: {{keys: {path}}}"
    gateway = await stage.gateway(route, blue=blue, green=green)
    heads = [(await asked(stage, gateway, f"x-api-key: {key}\r\n"))[1] for key in (KEY, second[0]) * 8]
    assert len({field(head, "x-model-version") for head in heads}) == 1


async def test_a_route_whose_file_is_missing_lets_nobody_through_until_it_comes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, since it is no fault of the client's; within a second of the file's coming keys hold."""
    monkeypatch.setattr("gateway.routing.key_files.key_checks", lambda _: UNCHECKED_KEYS)
    gateway, service = await guarded(stage, auth=" ".strip() + ", header: x-api-key")
    (stage.folder / "keys.txt").unlink(missing_ok=True)
    status, head, body = await asked(stage, gateway, f"x-api-key: {KEY}\r\n")
    assert (status, field(head, "retry-after")) == (503, "1")
    assert b"cannot be read now" in body
    assert (service.requests, gateway.outcomes()) == ([], {"unavailable": 1})
    keys(stage.folder)
    await passes(stage, gateway, KEY, 200)


async def passes(stage: Stage, gateway: Gateway, key: str, status: int) -> None:
    """Let a second pass, and wait until a request with this key is answered so."""
    route = gateway.context.table.match(b"GET / HTTP/1.1")[1]
    assert route is not None
    assert route.auth is not None
    check = route.auth
    fields = {b"x-api-key": key.encode()}
    holds = False
    while not holds:  # a tick does nothing while the look of the one before is not over
        gateway.tick()
        await asyncio.sleep(0.01)
        holds = bool(check.client(fields, Shapes(KINDS).of(fields))) == (status == 200)
    assert (await asked(stage, gateway, f"x-api-key: {key}\r\n"))[0] == status


async def test_a_changed_file_holds_within_a_second_and_a_broken_one_changes_nothing(stage: Stage) -> None:
    """A key revoked is refused, a new one passes; a file that cannot be read leaves what was good."""
    gateway, _ = await guarded(stage)
    keys(stage.folder, OTHER_ENTRY)
    await passes(stage, gateway, KEY, 401)
    (stage.folder / "keys.txt").write_text("acme no key\n", encoding="utf-8")
    await passes(stage, gateway, OTHER, 200)
    (stage.folder / "keys.txt").unlink()
    await passes(stage, gateway, OTHER, 200)
    keys(stage.folder)
    await passes(stage, gateway, KEY, 200)


def test_a_pipe_in_the_place_of_keys_is_not_waited_for(tmp_path: Path) -> None:
    """Nobody writes to it; the worker that reads it answers requests meanwhile."""
    os.mkfifo(tmp_path / "keys.txt")
    file = KeyFile(tmp_path / "keys.txt")
    file.refresh()
    assert file.names is None


async def test_a_route_without_keys_is_open_beside_one_with(stage: Stage) -> None:
    """What a client sent there passes as before, and its name is not taken along."""
    keys(stage.folder)
    service = await stage.service(OK)
    file = stage.folder / "keys.txt"
    closed = f"path: /closed, weights: {{blue: 1}}, auth: {{keys: {file}}}}}"
    route = f"{closed}\n  - {{name: open, path: /open, weights: {{blue: 1}}"
    gateway = await stage.gateway(route, blue=service)
    client = await stage.client(gateway.port)
    for path, status in (("/closed", b"200"), ("/open", b"200")):
        await client.send(f"GET {path} HTTP/1.1\r\nhost: a\r\nx-api-key: {KEY}\r\n\r\n".encode())
        assert (await client.answer())[0].split(b" ")[1] == status
    assert [field(request, "x-api-key") for request in service.requests] == [None, KEY]
    assert [frame.key for frame in frames(gateway)] == [b"acme", b""]


def check_of(folder: Path, own: str = "") -> KeyCheck:
    """Return the check of a route that takes the keys of both clients."""
    if own:
        (folder / OWN_KEY).write_text(f"{own}\n", encoding="utf-8")
    keys(folder)
    files = KeyFiles(folder, folder)
    files.follow([{"auth": {"keys": "keys.txt"}}])
    return files.check(ClientAuth("keys.txt"))


@given(st.binary(max_size=LONGEST_KEY + 5))
def test_no_other_value_is_anybodys_key(tmp_path_factory: pytest.TempPathFactory, value: bytes) -> None:
    """Whatever bytes come."""
    global _CHECK
    _CHECK = _CHECK or check_of(tmp_path_factory.mktemp("keys"))
    for fields in ({b"x-api-key": value}, {b"authorization": b"Bearer " + value}):
        assert _CHECK.client(fields, Shapes(KINDS).of(fields)) == b""


_CHECK: KeyCheck | None = None


def test_the_gateway_itself_may_try_a_route(tmp_path: Path) -> None:
    """With a key that only this user can read; its name is none that a client can have."""
    check = check_of(tmp_path, own="of-our-own")
    fields = {b"x-api-key": b"of-our-own"}
    assert check.client(fields, Shapes(KINDS).of(fields)) == OWN_NAME.encode()


def test_a_problem_is_told_once_and_so_is_its_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The file, why and what that means; never what it holds."""
    caplog.set_level("INFO")
    path = tmp_path / "keys.txt"
    file = KeyFile(path)
    for _ in range(3):
        file.refresh()
    path.write_text(f"{KEY}\n", encoding="utf-8")
    for _ in range(3):
        file.refresh()
    keys(tmp_path)
    os.utime(path, ns=(1, 1))
    file.refresh()
    told = [record.getMessage() for record in caplog.records]
    assert [line.partition("keys.txt ")[2] for line in told] == [
        "cannot be used as keys of clients: No such file or directory; nobody is let through",
        "cannot be used as keys of clients: line 1: expected a name, an id and a digest, got 1 words; "
        "nobody is let through",
        "can be used again",
    ]
    assert file.names == {
        hashlib.sha256(key.encode()).digest(): name for key, name in ((KEY, b"acme"), (OTHER, b"globex"))
    }


async def test_a_peer_that_asks_for_a_tunnel_needs_a_key_first(stage: Stage) -> None:
    """A WebSocket is a request like any other."""
    gateway, service = await guarded(stage)
    lines = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    lines += "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    client: Peer = await stage.client(gateway.port)
    await client.send(f"GET / HTTP/1.1\r\nhost: a\r\n{lines}\r\n".encode())
    assert (await client.answer())[0].startswith(b"HTTP/1.1 401")
    assert service.requests == []


async def test_http2_hands_no_session_of_the_admin_api_on(stage: Stage, ca: Authority) -> None:
    """Cookies come in several fields there."""
    gateway, service = await guarded(stage)
    jar = [(b"cookie", b"a=1"), (b"cookie", b"__Host-gateway_session=s"), (b"cookie", b"b=2")]
    async with http2(gateway, ca) as client:
        assert (await client.ask(1, [*GET2, (b"x-api-key", KEY.encode()), *jar])).status == b"200"
    assert field(service.requests[0], "cookie") == "a=1; b=2"


@pytest.mark.parametrize("by", ["", ", by: {ip: true}"])
async def test_a_flood_without_keys_meets_the_rate_limit(stage: Stage, by: str) -> None:
    """429 instead of 401 beyond it; an allowance that all share is not used up for who has a key."""
    gateway, service = await guarded(stage, f", rate_limit: {{requests: 2, per: 1h{by}}}")
    statuses = [(await asked(stage, gateway, ""))[0] for _ in range(4)]
    assert statuses == [401, 401, 429, 429]
    assert (await asked(stage, gateway, f"x-api-key: {KEY}\r\n"))[0] == (429 if by else 200)
    assert len(service.requests) == (0 if by else 1)


async def test_limits_by_client_do_not_count_who_is_none(stage: Stage) -> None:
    """They are counted by a name that only a key gives."""
    gateway, _ = await guarded(stage, ", rate_limit: {requests: 1, per: 1h, by: {client: true}}")
    assert [(await asked(stage, gateway, ""))[0] for _ in range(3)] == [401, 401, 401]
