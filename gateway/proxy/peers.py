"""Whom the address of a peer stands for."""

from __future__ import annotations

import socket


def plain_address(address: str) -> bytes:
    """Return a peer's address; one of IPv4 is written so, also where it came to a socket of IPv6."""
    return address.removeprefix("::ffff:").encode() if "." in address else address.encode()


def network_of(address: bytes) -> bytes:
    """Return whom an address stands for: itself, or with IPv6 its /64, of which one customer has all."""
    if b":" not in address:
        return address
    return socket.inet_pton(socket.AF_INET6, address.partition(b"%")[0].decode())[:8]
