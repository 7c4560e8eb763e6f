"""Who may connect: the limits on open connections, in all and per address, over all workers.

Where a limit is reached, the connection that has been idle for longest makes room. So idle connections, and
heads that never end, can take up all the places there are and still keep nobody out.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Protocol

from gateway.errors import Fault
from gateway.monitoring.tally_layout import HIT_CONNECTIONS, HIT_CONNECTIONS_PER_ADDRESS, HIT_EVICTED
from gateway.proxy.peers import network_of

if TYPE_CHECKING:
    from gateway.proxy.context import Context


class Arrived(Protocol):
    """A connection of a client, in whatever version of HTTP it speaks, if any yet."""

    peer: bytes

    def evict(self) -> None:
        """Close an idle connection to make room for another."""

    def is_busy(self) -> bool:
        """Tell whether an answer is under way, or not wholly sent yet."""

    def check_deadlines(self, now: float) -> None:
        """Close what is idle, or slow to send or to take, for too long."""


LOOK_AT_MOST = 512
"""Idle connections looked at for one of a certain address."""


def arrive(context: Context, client: Arrived) -> Fault | None:
    """Count a client in; return why it cannot stay, if no idle connection can make room for it."""
    network = network_of(client.peer)
    total, of_address = context.counts.opened(network)
    context.clients[client] = None
    limits = context.limits
    fault = None
    if of_address > limits.connections_per_address:
        context.tally.hit(HIT_CONNECTIONS_PER_ADDRESS)
        if not _evict(context, network):
            fault = _too_many(
                429, f"this address has {of_address - 1} connections already, as many as one may"
            )
    elif total > limits.connections or len(context.clients) > context.most_clients:
        context.tally.hit(HIT_CONNECTIONS)
        if not _evict(context, b""):
            fault = _too_many(503, f"{total - 1} connections are open already, as many as there may be")
    if fault is None:
        context.idle[client] = None
    return fault


def _too_many(status: int, detail: str) -> Fault:
    outcome = "unavailable" if status == 503 else "refused"
    return Fault(status, outcome, f"{detail}; close some, or try again", retry_after=1)


def _evict(context: Context, network: bytes) -> bool:
    """Close the connection that has been idle for longest, of one network or of any."""
    for client in islice(context.idle, LOOK_AT_MOST):
        if not network or network_of(client.peer) == network:
            context.tally.hit(HIT_EVICTED)
            del context.idle[client]
            client.evict()
            return True
    return False


def leave(context: Context, client: Arrived) -> None:
    """Count a client out."""
    context.counts.closed(network_of(client.peer))
    context.clients.pop(client, None)
    context.idle.pop(client, None)
