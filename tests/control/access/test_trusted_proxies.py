"""`trusted_proxies` from end to end: who comes is who the last proxy names, and no stranger can say who."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING

import pytest

from gateway.audit.read import latest
from gateway.control.access.listening import Listening
from gateway.control.access.lockout import FAILURES
from gateway.control.access.token_store import TokenStore
from gateway.control.access.tokens import Grant
from gateway.routing.admin_settings import AdminSettings, Auth
from tests.waiting import BOUND, until

if TYPE_CHECKING:
    from gateway.routing.places import Places
    from tests.control.conftest import Control

PROXY, STRANGER = "127.0.0.3", "127.0.0.2"
WRONG = "gw_00000000_" + "a" * 43
STATUS = "/api/v1/status"
LOCKED, WRONG_TOKEN, OPEN = 429, 401, 200


def behind(control: Control, auth: Auth) -> Control:
    """Start it behind proxies."""
    settings = AdminSettings(auth, trusted_proxies=(PROXY, "10.0.0.0/8"))
    control.told = Listening(settings=settings).told()
    control.start()
    return control


@pytest.fixture
def proxied(stopped_control: Control) -> Control:
    """The control process behind proxies, where routing.yaml says nothing about who is asked."""
    return behind(stopped_control, "auto")


def ask(control: Control, peer: str, *said: str, token: str = WRONG) -> int:
    """Ask from an address, with lines of X-Forwarded-For; return the status."""
    wire = http.client.HTTPConnection("127.0.0.1", control.port, timeout=BOUND, source_address=(peer, 0))
    try:
        wire.putrequest("GET", STATUS)
        for value in said:
            wire.putheader("x-forwarded-for", value)
        wire.putheader("x-forwarded-proto", "https")
        if token:
            wire.putheader("authorization", f"Bearer {token}")
        wire.endheaders()
        return wire.getresponse().status
    finally:
        wire.close()


def origins(places: Places) -> set[str]:
    """Where those came from who said nothing good, as the trail has it."""
    return {entry["from"] for entry in latest(places.audit, 50) if entry["who"] == "unknown"}


def test_the_rightmost_that_is_no_proxy_is_who_comes(proxied: Control) -> None:
    """What stands to its left anybody could have written; others do not wait for the one who guessed."""
    for number in range(FAILURES):
        forged = f"198.51.100.{number}, 127.0.0.1"
        assert ask(proxied, PROXY, forged, "203.0.113.9, 10.1.2.3") == WRONG_TOKEN
    assert ask(proxied, PROXY, "203.0.113.9") == LOCKED
    assert ask(proxied, PROXY, "198.51.100.1, 203.0.113.9, 10.9.9.9") == LOCKED
    for other in ("203.0.113.10", "203.0.113.9, 203.0.113.10", "198.51.100.1"):
        assert ask(proxied, PROXY, other) == WRONG_TOKEN
    places = proxied.site.places
    until(lambda: "198.51.100.1" in origins(places), "for the entry of the last one")
    assert origins(places) == {"203.0.113.9", "203.0.113.10", "198.51.100.1"}


def test_what_a_stranger_says_is_ignored(proxied: Control) -> None:
    """Whoever is no proxy is who connected, however often the header changes."""
    statuses = [ask(proxied, STRANGER, f"198.51.100.{number}") for number in range(FAILURES + 1)]
    assert statuses == [WRONG_TOKEN] * FAILURES + [LOCKED]
    assert ask(proxied, PROXY, "198.51.100.1") == WRONG_TOKEN


def test_whoever_comes_through_a_proxy_is_asked_and_the_socket_is_as_it_was(proxied: Control) -> None:
    """Also on loopback, with our own address as Host, and whatever the proxy says or does not say.

    The Unix socket is as it was: nobody comes there through a proxy, whatever stands in a header.
    """
    for said in ((), ("203.0.113.9",), ("127.0.0.1",), ("",)):
        assert ask(proxied, PROXY, *said, token="") == 401
    assert ask(proxied, "127.0.0.1", token="") == 401
    token = TokenStore(proxied.site.places.access).create("ci", Grant("viewer"), "cli:ann")[1]
    assert ask(proxied, PROXY, "203.0.113.9", token=token) == OPEN
    for header in ("", "x-forwarded-for: 203.0.113.9\r\nx-forwarded-proto: https\r\n"):
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(BOUND)
            wire.connect(str(proxied.site.places.admin_socket))
            wire.sendall(f"GET {STATUS} HTTP/1.1\r\nhost: x\r\n{header}\r\n".encode())
            assert wire.recv(12) == b"HTTP/1.1 200"


def test_what_is_open_is_open_to_this_machine_alone(stopped_control: Control) -> None:
    """Not to whom a proxy brings, though `auth: open` was said."""
    control = behind(stopped_control, "open")
    assert ask(control, PROXY, "203.0.113.9", token="") == 401
    assert ask(control, PROXY, "127.0.0.1, 203.0.113.9", token="") == 401
    assert ask(control, "127.0.0.1", token="") == OPEN
