"""Addresses as routing.yaml writes them."""

from __future__ import annotations

import pytest

from gateway.routing.addresses import Address, parse_address


@pytest.mark.parametrize(
    ("written", "host", "port", "again"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1:8080"),
        ("LocalHost:0", "localhost", 0, "localhost:0"),
        ("[::1]:65535", "::1", 65535, "[::1]:65535"),
        ("[2001:DB8::0:1]:80", "2001:db8::1", 80, "[2001:db8::1]:80"),
        ("models_1.prod-2.internal:9003", "models_1.prod-2.internal", 9003, "models_1.prod-2.internal:9003"),
    ],
)
def test_an_address_is_a_host_and_a_port(written: str, host: str, port: int, again: str) -> None:
    """IPv4, IPv6 in brackets and host names are read and written in one form."""
    address = parse_address(written)
    assert address == Address(host, port)
    assert str(address) == again


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("8080", "host is missing"),
        (":8080", "host is missing"),
        ("localhost", "port is missing"),
        ("localhost:", "port is missing"),
        ("localhost:http", "port must be a number"),
        ("localhost:65536", "at most 65535"),
        ("::1:8080", "needs brackets"),
        ("[::1", "port is missing"),
        ("[1.2.3.4]:80", "not an IP address"),
        ("1.2.3:80", "not an IP address"),
        ("256.1.1.1:80", "not an IP address"),
        ("-x:80", "not a host name"),
        ("http://x:80", "only a host and a port"),
        ("x" * 400, "far too long"),
    ],
)
def test_what_is_no_address_is_told_why(written: str, says: str) -> None:
    """Each mistake has its own clause."""
    told = parse_address(written)
    assert isinstance(told, str)
    assert says in told


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("127.0.0.1:80", "127.0.0.1:80", True),
        ("127.0.0.1:80", "127.0.0.1:81", False),
        ("127.0.0.1:0", "127.0.0.1:0", False),
        ("localhost:80", "127.0.0.1:80", True),
        ("localhost:80", "[::1]:80", True),
        ("127.0.0.2:80", "127.0.0.1:80", False),
        ("0.0.0.0:80", "127.0.0.2:80", True),
        ("0.0.0.0:80", "10.0.0.7:80", False),
        ("models:80", "models:80", True),
        ("models:80", "0.0.0.0:80", False),
    ],
)
def test_two_addresses_overlap_where_they_are_surely_one_listener(one: str, other: str, same: bool) -> None:
    """A wildcard covers this machine's loopback; about other machines nothing is assumed."""
    first, second = parse_address(one), parse_address(other)
    assert isinstance(first, Address)
    assert isinstance(second, Address)
    assert first.overlaps(second) is same
    assert second.overlaps(first) is same


@pytest.mark.parametrize(
    ("host", "loopback", "wildcard"),
    [
        ("127.0.0.1", True, False),
        ("127.8.8.8", True, False),
        ("::1", True, False),
        ("localhost", True, False),
        ("0.0.0.0", False, True),
        ("::", False, True),
        ("10.0.0.1", False, False),
        ("models", False, False),
    ],
)
def test_an_address_knows_who_can_reach_it(host: str, loopback: bool, wildcard: bool) -> None:
    """Loopback is this machine alone, a wildcard is every interface."""
    address = Address(host, 80)
    assert (address.is_loopback, address.is_wildcard) == (loopback, wildcard)
    assert address.is_here is (loopback or wildcard)
