"""Requests to the gateway's own listener, and the key for them."""

from __future__ import annotations

import pytest

from gateway.control.status.observation import Running
from gateway.control.tries.send import Sent, own_key, send
from gateway.errors import GatewayError
from gateway.routing.plan import RoutingPlan
from gateway.routing.settings import Certificate, Tls
from tests.control.conftest import Site


def test_the_own_key_is_made_once_and_is_for_this_user_alone(site: Site) -> None:
    """Another call finds it; a key that is removed is replaced by another."""
    key = own_key(site.places)
    path = site.places.run / "try.key"
    assert (own_key(site.places), path.stat().st_mode & 0o777, len(key)) == (key, 0o600, 43)
    path.unlink()
    assert own_key(site.places) != key


def test_where_the_data_plane_wants_client_certificates_it_is_not_asked() -> None:
    """The gateway has none; it says so."""
    tls = Tls("127.0.0.1:8443", (Certificate("a", "b"),), client_ca="c", redirect=True)
    running = Running("routing.yaml", "127.0.0.1:1", "", "127.0.0.1:1")
    with pytest.raises(GatewayError, match="wants client certificates"):
        send(RoutingPlan((), (), tls=tls), running, "GET", "/", b"", {})


def test_without_a_gateway_there_is_nothing_to_ask() -> None:
    """With what to do."""
    with pytest.raises(GatewayError, match="gateway up"):
        send(RoutingPlan((), ()), Running(), "GET", "/", b"", {})


@pytest.mark.parametrize(("body", "found"), [(b'{"a": 1}', {"a": 1}), (b"{", None), (b"\xff", None)])
def test_a_body_that_is_no_json_is_none(body: bytes, found: object) -> None:
    """Whatever a service answers."""
    assert Sent(200, {}, body, 0.1).json() == found
