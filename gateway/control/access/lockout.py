"""Counts failed logins of each address, and makes those wait who failed too often.

Only wrong tokens wait: behind a proxy everybody may have one address, and somebody who guesses must not shut
the others out. A right one is no guess, it has 256 random bits. The table is bounded, so that a guesser with
many addresses cannot fill the memory.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FAILURES: Final = 10
WITHIN: Final = 300.0
"""So many failures in so many seconds are too often."""
LOCKED_FOR: Final = 300.0
"""Seconds that the next attempt has to wait then."""
MOST: Final = 4096
"""Addresses that are remembered."""


@dataclass(slots=True)
class _Peer:
    failed: list[float]
    locked_until: float = -math.inf


class Lockout:
    """What is known of each address; `clock` is one that never goes back, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._peers: OrderedDict[str, _Peer] = OrderedDict()
        self._turn = threading.Lock()

    def __len__(self) -> int:
        return len(self._peers)

    def wait(self, address: str) -> int:
        """Return for how many whole seconds an address has to wait, 0: it need not; counts nothing."""
        with self._turn:
            peer = self._peers.get(group(address))
            return 0 if peer is None else math.ceil(max(0.0, peer.locked_until - self._clock()))

    def failed(self, address: str) -> int:
        """Count a failure, unless the address has to wait: then return for how many whole seconds."""
        with self._turn:
            now, name = self._clock(), group(address)
            peer = self._peers.setdefault(name, _Peer([]))
            if now < peer.locked_until:
                return math.ceil(peer.locked_until - now)
            self._peers.move_to_end(name)
            peer.failed = [at for at in peer.failed if now - at < WITHIN] + [now]
            if len(peer.failed) >= FAILURES:
                peer.locked_until, peer.failed = now + LOCKED_FOR, []
            while len(self._peers) > MOST:
                self._peers.popitem(last=False)
            return 0


def group(address: str) -> str:
    """Return what counts as one address: of IPv6 the network, since anybody has 2^64 addresses in theirs."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))
