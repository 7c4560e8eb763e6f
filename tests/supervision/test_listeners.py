"""The listening sockets: bound all or none, kept while they are wanted, shared with nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.errors import GatewayError
from gateway.routing.addresses import Address
from gateway.routing.plan import RoutingPlan
from gateway.routing.settings import Tls
from gateway.supervision.listeners import (
    Listeners,
    Wanted,
    address_of,
    bind,
    bind_shared,
    close_unwanted,
    wanted,
)

HERE = Address("127.0.0.1", 0)
ALONE = "127.83.1.7"
"""An address of this machine that no other process uses: a port that is given up there stays free."""


@pytest.fixture
def bound() -> Iterator[list[Listeners]]:
    """What a test binds; closed after it."""
    made: list[Listeners] = []
    yield made
    for listeners in made:
        for each in listeners.everything():
            each.close()


def port_of(listener: socket.socket) -> int:
    """Return the port a socket is bound to."""
    port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize("count", [1, 3])
def test_sockets_share_one_free_port(count: int) -> None:
    """Port 0 is the same free port for all of them, and connections arrive."""
    sockets = bind_shared(HERE, count)
    assert len({address_of(each) for each in sockets}) == 1
    with socket.create_connection(sockets[0].getsockname(), 5):
        pass
    for each in sockets:
        each.close()


@pytest.mark.parametrize("count", [1, 2])
def test_a_port_in_use_is_refused(count: int) -> None:
    """Also where both sides would be willing to share it; what was bound so far is closed."""
    taken = bind_shared(Address(ALONE, 0), 2)
    where = Address(ALONE, port_of(taken[0]))
    with pytest.raises(
        GatewayError, match=rf"cannot listen on {where} \(`listen`\): Address already in use; end what"
    ):
        bind_shared(where, count)
    for each in taken:
        each.close()
    for each in bind_shared(where, count):
        each.close()


def test_an_address_that_is_not_here_is_refused() -> None:
    """A host of another network cannot be bound."""
    with pytest.raises(GatewayError, match=r"cannot listen on 192\.0\.2\.1:8080"):
        bind_shared(Address("192.0.2.1", 8080), 2)
    with pytest.raises(GatewayError, match="no interface of this machine has this address") as caught:
        bind_shared(Address("192.0.2.1", 8080), 1, key="tls.listen")
    assert str(caught.value).endswith(" for all of them, with `tls.listen` in routing.yaml")


def test_any_other_reason_is_told_in_the_systems_words() -> None:
    """A link-local address without its interface, say."""
    with pytest.raises(GatewayError, match=r"`admin`.*; choose another address with --admin or `admin`"):
        bind_shared(Address("fe80::1", 8080), 1, key="admin")


def test_an_address_is_spoken_with_brackets_where_it_needs_them() -> None:
    """IPv6 and IPv4."""
    for host, spoken in (("::1", "[::1]:"), ("127.0.0.1", "127.0.0.1:")):
        (made,) = bind_shared(Address(host, 0), 1)
        assert address_of(made).startswith(spoken)
        made.close()


def test_what_is_wanted_is_as_told_else_as_the_plan_says() -> None:
    """The options go before the file; TLS is the file's alone."""
    plan = RoutingPlan((), (), "127.0.0.1:1", "127.0.0.1:2", tls=Tls("0.0.0.0:3", ()))
    assert wanted(plan) == Wanted(
        Address("127.0.0.1", 1),
        Address("127.0.0.1", 2),
        Address("0.0.0.0", 3),
    )
    assert wanted(plan, "127.0.0.1:4", "127.0.0.1:5").listen.port == 4
    assert wanted(RoutingPlan((), ())).tls is None


@pytest.mark.parametrize(
    ("tls", "said"),
    [
        ("127.0.0.1:1", "--listen and tls.listen are both 127.0.0.1:1"),
        ("0.0.0.0:2", "--admin and tls.listen are"),
    ],
)
def test_one_address_is_not_for_two_purposes(tls: str, said: str) -> None:
    """The message names both."""
    with pytest.raises(GatewayError, match=said):
        wanted(RoutingPlan((), (), "127.0.0.1:1", "127.0.0.1:2", tls=Tls(tls, ())))


def test_what_is_still_wanted_is_kept(bound: list[Listeners]) -> None:
    """The same sockets go on; what is new is bound, and what is no longer wanted is closed."""
    before = bind(Wanted(HERE, HERE, HERE), 2)
    bound.append(before)
    assert before.tls is not None
    now = bind(Wanted(HERE, HERE, Address("127.0.0.2", 0)), 2, before)
    bound.append(now)
    assert (now.plain, now.admin) == (before.plain, before.admin)
    assert now.wanted.tls == Address("127.0.0.2", 0)
    assert now.addresses()["tls"].startswith("127.0.0.2:")
    close_unwanted(before, now)
    assert [each.fileno() for each in before.tls.sockets] == [-1, -1]
    assert all(each.fileno() >= 0 for group in now.everything() for each in group.sockets)
    without = bind(Wanted(HERE, HERE), 2, now)
    assert without.addresses()["tls"] == ""
    assert [[*without.of_worker(0)], [*now.of_worker(0)]] == [["plain"], ["plain", "tls"]]


def test_idle_versions_have_a_listener_of_their_own(bound: list[Listeners]) -> None:
    """Where `preview` asks for one each worker gets a socket of it, beside the others."""
    now = bind(Wanted(HERE, HERE, HERE, HERE), 2)
    bound.append(now)
    assert [*now.of_worker(1)] == ["plain", "tls", "preview"]
    assert now.addresses()["preview"] == str(now.preview)
    assert now.wanted == Wanted(HERE, HERE, HERE, HERE)
    plan = RoutingPlan((), (), "127.0.0.1:8080", "127.0.0.1:9090", preview="127.0.0.1:8080")
    with pytest.raises(GatewayError, match="preview"):
        wanted(plan)


def test_it_is_all_or_nothing(bound: list[Listeners]) -> None:
    """Where one address cannot be had, none is bound and what there was is as it was."""
    before = bind(Wanted(HERE, HERE), 2)
    bound.append(before)
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server((ALONE, 0)) as probe:
        free = Address(ALONE, port_of(probe))
        probe.close()
        with pytest.raises(GatewayError, match=r"`tls\.listen`.*Address already in use"):
            bind(Wanted(free, HERE, Address("127.0.0.1", port_of(taken))), 2, before)
    (again,) = bind_shared(free, 1)
    again.close()
    assert all(each.fileno() >= 0 for group in before.everything() for each in group.sockets)


def test_an_address_may_grow_to_every_host_and_back(bound: list[Listeners]) -> None:
    """The old and the new overlap for a moment; both are ours, so that is no port in use."""
    before = bind(Wanted(HERE, HERE), 1)
    bound.append(before)
    port = port_of(before.plain.sockets[0])
    held = replace(before, plain=replace(before.plain, address=Address("127.0.0.1", port)))
    everywhere = bind(Wanted(Address("0.0.0.0", port), HERE), 1, held)
    bound.append(everywhere)
    assert str(everywhere.plain) == f"0.0.0.0:{port}"
    bound.append(bind(Wanted(Address("127.0.0.1", port), HERE), 1, everywhere))
