"""WebSockets through a whole gateway, with the `websockets` library on both ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.system.gateway_under_test import Gateway, exists
from tests.system.socket_client import Talk
from tests.system.socket_services import PIECES, Session, SocketServices
from tests.waiting import BOUND, until

WAYS = ["ws", "wss"]
MEGABYTE = 1 << 20


def session(sockets: SocketServices, user: str) -> Session:
    """Return the one session of a user, as its service saw it."""
    found = until(lambda: sockets.of(user), f"the session of {user}")  # it notes it after its handshake
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_echo(secure: Gateway, way: str, compression: str | None) -> None:
    """Text, bytes, nothing, and a megabyte that does not compress: they come back as they went."""
    with Talk(secure, way, compression=compression) as socket:
        assert [each.name for each in socket.connection.protocol.extensions] == (
            ["permessage-deflate"] if compression else []
        )
        for message in (
            "hello",
            "größer als ASCII",
            "",
            b"",
            bytes(range(256)),
            os.urandom(MEGABYTE),
            "x" * MEGABYTE,
        ):
            assert socket.say(message) == message


@pytest.mark.parametrize("way", WAYS)
def test_fragments_stay_fragments(secure: Gateway, sockets: SocketServices, way: str) -> None:
    """Both ways: a message in three frames is three frames on the other side."""
    user = f"fragments-{way}"
    with Talk(secure, way, user) as socket:
        socket.send(iter([b"a" * 70_000, b"", b"c"]))
        assert socket.recv() == b"a" * 70_000 + b"c"
        assert session(sockets, user).fragments == [70_000, 0, 1, 0]  # the last one only says so
        socket.send("!fragments")
        assert [piece for piece in socket.recv_pieces() if piece] == list(PIECES)


@pytest.mark.parametrize("way", WAYS)
def test_pings_pass_both_ways(secure: Gateway, way: str) -> None:
    """Each side's ping is answered by the other side, between messages."""
    with Talk(secure, way) as socket:
        socket.ping()
        socket.send("!ping")
        assert socket.recv() == "pong"


def test_subprotocol_and_version_are_agreed_by_the_two_ends(secure: Gateway, sockets: SocketServices) -> None:
    """The service takes the best that it knows; the gateway adds which service that is."""
    with Talk(
        secure, user="protocol", subprotocols=[Subprotocol("tell.v9"), Subprotocol("tell.v1")]
    ) as socket:
        assert socket.connection.subprotocol == "tell.v1"
        assert socket.connection.response is not None
        assert socket.connection.response.headers["x-model-version"] == session(sockets, "protocol").service
        assert "x-request-id" in socket.connection.response.headers
        told = session(sockets, "protocol").headers
        assert told["x-forwarded-proto"] == "https"
        assert told["x-request-id"] == socket.connection.response.headers["x-request-id"]


def test_a_user_talks_to_one_version(secure: Gateway) -> None:
    """However often, plain and over TLS; and two versions have users."""
    found = set()
    for user in range(10):
        names = set()
        for way in WAYS * 2:
            with Talk(secure, way, f"sticky-{user}") as socket:
                names.add(socket.say("!name"))
        assert len(names) == 1
        found |= names
    assert found == {"old", "new"}


@pytest.mark.parametrize("way", WAYS)
def test_the_end_is_told_as_it_was_said(secure: Gateway, sockets: SocketServices, way: str) -> None:
    """The code and the reason of whoever closes arrive on the other side."""
    with Talk(secure, way) as socket:
        socket.send("!close")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "as told")
    user = f"closes-{way}"
    with Talk(secure, way, user) as socket:
        socket.say()
        socket.close(4002, "enough")
    until(lambda: session(sockets, user).code == 4002)


@pytest.mark.parametrize("way", WAYS)
def test_a_client_that_vanishes_is_noticed(secure: Gateway, sockets: SocketServices, way: str) -> None:
    """The service sees its connection end without a word."""
    user = f"vanishes-{way}"
    with Talk(secure, way, user) as socket:
        socket.say()
        socket.vanish()
        until(lambda: session(sockets, user).code == 1006)


def test_what_is_refused_never_opens(secure: Gateway) -> None:
    """An unknown path, and a service that does not switch: an ordinary answer."""
    for path, status in (("/nowhere", 404), ("/one/echo", 200)):
        with pytest.raises(InvalidStatus) as refused, Talk(secure, path=path):
            pass
        assert refused.value.response.status_code == status


def other(gateway: Gateway, new: float) -> None:
    """Set the weight of the new version."""
    assert gateway.run("set-weight", f"new={new}", "--route", "talk").returncode == 0


@pytest.mark.parametrize("way", WAYS)
def test_it_lives_through_changes(secure_gateway: Gateway, sockets: SocketServices, way: str) -> None:
    """Weights, a service that is removed, and reloads: the open one stays, later ones follow the file."""
    other(secure_gateway, 100)
    user = f"changes-{way}"
    with Talk(secure_gateway, way, user) as socket:
        assert socket.say("!name") == "new"
        other(secure_gateway, 0)
        assert socket.say("!name") == "new"
        with Talk(secure_gateway, way, user) as later:
            assert later.say("!name") == "old"
        remove_new(secure_gateway)
        assert socket.say(b"x" * MEGABYTE) == b"x" * MEGABYTE
        run = secure_gateway.run("reload")
        assert run.returncode == 0, run.stderr
        assert socket.say("!name") == "new"
        socket.ping()
        assert sockets.of(user)[0].code == 0
    until(lambda: sockets.of(user)[0].code == 1000)


def remove_new(gateway: Gateway) -> None:
    """Take a service out of routing.yaml, and wait until that is live."""
    lines = gateway.text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("  new:"))
    path = gateway.folder / "routing.yaml"
    changed = text.replace("old: 100, new: 0", "old: 100")
    assert "new" not in changed
    path.write_text(changed)
    until(
        lambda: all(
            set(route["weights"]) <= {"blue", "canary", "old"} for route in gateway.status()["routes"]
        )
    )


@pytest.mark.parametrize("way", WAYS)
def test_the_end_of_the_gateway_is_told_to_both_sides(
    secure_folder: Path, sockets: SocketServices, way: str
) -> None:
    """SIGTERM: 1001 after the last message, and all processes are gone soon."""
    user = f"sigterm-{way}"
    with Gateway(secure_folder) as gateway:
        pids = gateway.pids()
        with Talk(gateway, way, user) as socket:
            assert socket.say() == "still there?"
            gateway.popen.terminate()
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
        until(lambda: session(sockets, user).code == 1001)
        assert gateway.popen.wait(BOUND) == 0
        until(lambda: not any(exists(pid) for pid in pids))
