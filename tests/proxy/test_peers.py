"""Addresses of clients, as they are written and as they are counted."""

from __future__ import annotations

import pytest

from gateway.proxy.peers import network_of, plain_address


@pytest.mark.parametrize(
    ("given", "plain", "network"),
    [
        ("10.1.2.3", b"10.1.2.3", b"10.1.2.3"),
        ("::ffff:10.1.2.3", b"10.1.2.3", b"10.1.2.3"),
        ("2001:db8::1", b"2001:db8::1", bytes.fromhex("20010db800000000")),
        ("2001:db8::ffff:0:1", b"2001:db8::ffff:0:1", bytes.fromhex("20010db800000000")),
        ("fe80::1%eth0", b"fe80::1%eth0", bytes.fromhex("fe80000000000000")),
    ],
)
def test_whom_an_address_stands_for(given: str, plain: bytes, network: bytes) -> None:
    """IPv4 for itself, also at a socket of IPv6; IPv6 for its /64, of which one customer has all."""
    assert plain_address(given) == plain
    assert network_of(plain_address(given)) == network
