"""The listening sockets: wanted by the plan, bound by the supervisor, inherited by everyone it starts.

They are bound once and outlive whoever accepts on them, so that no connection is refused while a process
dies or is replaced.
"""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack
from dataclasses import dataclass

from gateway.errors import GatewayError
from gateway.routing.addresses import Address, parse_address
from gateway.routing.plan import RoutingPlan

BACKLOG = 4096
_REASONS = {
    errno.EADDRINUSE: "Address already in use; end what uses that port, or choose another one",
    errno.EADDRNOTAVAIL: "no interface of this machine has this address; choose one that `ip address` lists,"
    " or 0.0.0.0 for all of them,",
    errno.EACCES: "this user may not listen on so low a port; choose one from 1024",
}
"""What to do about it, by what the system says."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where to listen: for requests, for the admin side, and if asked for, over TLS and for idle versions."""

    listen: Address
    admin: Address
    tls: Address | None = None
    preview: Address | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """An address as it was asked for, and the sockets that are bound to it."""

    address: Address
    sockets: tuple[socket.socket, ...]

    def __str__(self) -> str:
        return address_of(self.sockets[0])

    def close(self) -> None:
        """Close every socket of this process; whoever inherited one keeps it."""
        for bound in self.sockets:
            bound.close()


@dataclass(frozen=True, slots=True)
class Listeners:
    """What is bound: a socket of `plain` for each worker, and one of `tls` and `preview` or none at all."""

    plain: Bound
    admin: Bound
    tls: Bound | None = None
    preview: Bound | None = None

    @property
    def wanted(self) -> Wanted:
        """What was asked for when these were bound."""
        return Wanted(
            self.plain.address,
            self.admin.address,
            self.tls.address if self.tls else None,
            self.preview.address if self.preview else None,
        )

    def of_worker(self, slot: int) -> dict[str, int]:
        """Return the file numbers of one worker by what they are for: plain first, then tls and preview."""
        named = {"plain": self.plain, "tls": self.tls, "preview": self.preview}
        return {name: bound.sockets[slot].fileno() for name, bound in named.items() if bound}

    def everything(self) -> list[Bound]:
        """Return all that is bound."""
        return [bound for bound in (self.plain, self.admin, self.tls, self.preview) if bound]

    def addresses(self) -> dict[str, str]:
        """Return where it listens, as `status` and the other verbs read it; empty where it does not."""
        return {
            "listen": str(self.plain),
            "admin": str(self.admin),
            "tls": str(self.tls or ""),
            "preview": str(self.preview or ""),
        }


def wanted(plan: RoutingPlan, listen: str = "", admin: str = "") -> Wanted:
    """Return where to listen: as told on the command line, else as the plan says. Raises GatewayError."""
    here = _address("--listen", listen or plan.listen)
    there = _address("--admin", admin or plan.admin)
    tls = _address("tls.listen", plan.tls.listen) if plan.tls else None
    preview = _address("preview", plan.preview) if plan.preview else None
    optional = [("tls.listen", tls), ("preview", preview)]
    named = [("--listen", here), ("--admin", there), *((name, found) for name, found in optional if found)]
    for position, (name, address) in enumerate(named):
        for other, another in named[:position]:
            if address.overlaps(another):
                raise GatewayError(f"{other} and {name} are both {address}; give one of them another port")
    return Wanted(here, there, tls, preview)


def _address(name: str, value: str) -> Address:
    address = parse_address(value)
    if isinstance(address, str):
        raise GatewayError(f"{name} {value}: {address}; write host:port, as in 127.0.0.1:8080")
    return address


def bind(where: Wanted, workers: int, before: Listeners | None = None) -> Listeners:
    """Bind what is wanted, keeping what is bound there already; all or nothing. Raises GatewayError."""
    ours = tuple(bound.address for bound in before.everything()) if before else ()
    with ExitStack() as undo:

        def have(key: str, address: Address, count: int, bound: Bound | None) -> Bound:
            if bound is not None and bound.address == address:
                return bound
            made = Bound(address, tuple(bind_shared(address, count, ours, key)))
            undo.callback(made.close)
            return made

        plain = have("listen", where.listen, workers, before.plain if before else None)
        admin = have("admin", where.admin, 1, before.admin if before else None)
        tls = None
        if where.tls:
            tls = have("tls.listen", where.tls, workers, before.tls if before else None)
        preview = None
        if where.preview:
            preview = have("preview", where.preview, workers, before.preview if before else None)
        undo.pop_all()
    return Listeners(plain, admin, tls, preview)


def close_unwanted(before: Listeners, now: Listeners) -> None:
    """Close what was bound and is not any more."""
    kept = now.everything()
    for bound in before.everything():
        if bound not in kept:
            bound.close()


def bind_shared(
    address: Address, count: int, ours: tuple[Address, ...] = (), key: str = "listen"
) -> list[socket.socket]:
    """Bind `count` listening sockets to one address; the kernel spreads connections over them.

    `ours` may overlap with it: a host that becomes every host, say. `key` is what routing.yaml calls it.
    Raises GatewayError where the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    sockets: list[socket.socket] = []
    try:
        if not any(address.overlaps(other) for other in ours):
            _refuse_if_taken(family, address)
        for _ in range(count):
            bound = socket.socket(family, socket.SOCK_STREAM)
            sockets.append(bound)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind((address.host, address.port or sockets[0].getsockname()[1]))
            bound.listen(BACKLOG)
    except OSError as error:
        for bound in sockets:
            bound.close()
        raise GatewayError(_why_not(address, key, error)) from error
    return sockets


def _why_not(address: Address, key: str, error: OSError) -> str:
    reason = _REASONS.get(error.errno or 0, f"{error.strerror}; choose another address")
    flag = "" if key in ("tls.listen", "preview") else f"--{key} or "
    return f"cannot listen on {address} (`{key}`): {reason} with {flag}`{key}` in routing.yaml"


def _refuse_if_taken(family: int, address: Address) -> None:
    """A shared port would silently be shared with another gateway as well, so try it unshared first."""
    if address.port:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address.host, address.port))


def address_of(bound: socket.socket) -> str:
    """Return the `host:port` a socket is bound to."""
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
